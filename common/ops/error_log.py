"""Exceptions as one line for the server's log, without their text.

The text of a database error may quote a whole row, and that of any other what a device sent.
"""

import asyncio
import logging
import traceback
from pathlib import Path
from typing import Any

from django.db import Error as AnyDatabaseError

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


class Outage:
    """Logs the first of a row of failures of one task, and its end; not each of them."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._failing = False

    def failed(self, error: Exception) -> None:
        if not self._failing:
            kind = "database away" if isinstance(error, AnyDatabaseError) else "failed"
            logger.error("%s: %s (%s); going on trying", self._task, kind, describe(error))
        self._failing = True

    def passed(self) -> None:
        if self._failing:
            logger.info("%s: works again", self._task)
        self._failing = False
