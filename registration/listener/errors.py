"""Exceptions as one line for the server's log, without their text.

The text of a database error may quote a whole row, and that of any other what a device sent.
"""

import traceback
from pathlib import Path


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
