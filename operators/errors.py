"""What stops a confirmation. Each carries words an operator can act on, and never a code."""

from datetime import timedelta


class ConfirmationError(Exception):
    """`tries_left` after a wrong code; `retry_after` when waiting helps."""

    def __init__(
        self,
        text: str,
        *,
        tries_left: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.tries_left = tries_left
        self.retry_after = retry_after


class WrongCodeError(ConfirmationError):
    """A code was looked at and is not the right one; the try has been counted."""


class SmsError(ConfirmationError):
    """The message was not accepted for delivery; nothing has changed."""


def words_for(wait: timedelta) -> str:
    """`wait` in the largest fitting unit, rounded up: "42 seconds", "7 minutes", "3 hours"."""
    seconds = max(1, -int(-wait.total_seconds() // 1))
    for size, unit in ((3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{-(-seconds // size)} {unit}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"
