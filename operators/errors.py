"""Errors of a confirmation. Each has words an operator can act on, and never a code."""

from datetime import timedelta

from django.utils.translation import ngettext


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
    """The message was not accepted for delivery. `result` is for counting.

    `refused` means that the provider certainly does not deliver it. Without that it may arrive.
    """

    def __init__(self, text: str, result: str = "failed", *, refused: bool = False) -> None:
        super().__init__(text)
        self.result = result
        self.refused = refused


def words_for(wait: timedelta) -> str:
    """`wait` in the largest fitting unit, rounded up: "42 seconds", "7 minutes", "3 hours"."""
    seconds = max(1, -int(-wait.total_seconds() // 1))
    if seconds >= 2 * 3600:
        hours = -(-seconds // 3600)
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    if seconds >= 2 * 60:
        minutes = -(-seconds // 60)
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
