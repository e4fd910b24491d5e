"""Exceptions as one line for the server's log, without their text.

The text of a database error may quote a whole row, and that of any other what a device sent.
"""

import asyncio
import logging
import traceback
from pathlib import Path
from time import monotonic
from typing import Any

logger = logging.getLogger(__name__)


def describe(error: BaseException) -> str:
    """Its type, the database's own error code where there is one, and where it was raised."""
    words = [type(error).__name__]
    if state := getattr(error.__cause__, "sqlstate", None) or getattr(
        error.__cause__, "sqlite_errorname", None
    ):
        words.append(f"({state})")
    frames = traceback.extract_tb(error.__traceback__)
    if frames:
        words.append(f"at {Path(frames[-1].filename).name}:{frames[-1].lineno}")
    return " ".join(words)


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
