"""Forget old log entries."""

from datetime import datetime

from django.utils import timezone

from logs.models import LogEntry
from logs.operations.tally import tally

# Deleted this many at a time, so that devices never wait long for the write lock of SQLite.
_CHUNK = 2000


def prune_log(before: datetime) -> int:
    """Delete log entries older than `before`; returns how many. Each chunk commits by itself.

    What is deleted has been counted: the tallies keep what the entries no longer tell.
    """
    tally(timezone.now())
    deleted = 0
    while chunk := _delete_chunk(before):
        deleted += chunk
    return deleted


def _delete_chunk(before: datetime) -> int:
    old = LogEntry.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)
    return LogEntry.objects.filter(pk__in=list(old[:_CHUNK])).delete()[0]
