"""Queries about the log. Read only."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from logs.models import LogEntry
from logs.reasons import REASONS, ReasonFacts

# Live pages do not count further than this.
MOST_COUNTED = 10_000


def refusals(entries: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    """Attempts that were refused; the end of a connection is none, whatever its code."""
    return entries.exclude(code="200").exclude(operation="offline")


def reason_of(key: str) -> ReasonFacts:
    """The reason of a log line; one written by an older release may be unknown by now."""
    return REASONS.get(key) or ReasonFacts(
        key, "", key, gettext_noop("This release does not know this reason.")
    )


def start_of_today() -> datetime:
    """Midnight in the server's time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
