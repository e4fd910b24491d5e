"""What the listener writes to the server's log when something goes wrong."""

import asyncio
import logging
from time import monotonic
from typing import Any

from common.ops.error_log import describe

logger = logging.getLogger(__name__)


def log_loop_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The event loop's handler for what nobody caught. Its own would print everything."""
    error = context.get("exception")
    described = describe(error) if isinstance(error, BaseException) else "no exception"
    # Behind a bracket stand the arguments of a callback.
    message = str(context.get("message", "unhandled")).partition("(")[0]
    logger.error("%s: %s", message, described)


class Sparingly:
    """A logger of warnings that anybody outside can cause: one in so many seconds."""

    def __init__(self, to: logging.Logger, every: float = 60.0) -> None:
        self._to = to
        self._every = every
        self._last: float | None = None

    def warn(self, text: str, *values: object) -> None:
        now = monotonic()
        if self._last is None or now - self._last >= self._every:
            self._last = now
            self._to.warning(text, *values)
