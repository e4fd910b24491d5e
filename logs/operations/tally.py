"""Counting the log hour by hour, each entry once, so that nobody has to count it again."""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncHour

from logs.models import LogTally
from logs.operations.log_cursor import read_on
from products.models import Product

READER = "tally"
# Entries counted in one transaction: on SQLite devices wait for the write lock meanwhile.
_CHUNK = 2000
# Longer than the log: a year can be compared with the one before.
KEEP = timedelta(days=400)

Key = tuple[datetime, str, str, str]  # hour, ProductKey, operation, reason


def tally(now: datetime) -> int:
    """Count what the log has got since the last time; returns how many entries. Safe to repeat."""
    counted = 0
    while chunk := _count_chunk(now):
        counted += chunk
    return counted


def prune_tallies(now: datetime) -> int:
    """Delete tallies older than KEEP; returns how many."""
    return LogTally.objects.filter(hour__lt=now - KEEP).delete()[0]


def _count_chunk(now: datetime) -> int:
    with transaction.atomic():
        passage = read_on(READER, now, most=_CHUNK)
        if not passage:
            return 0
        rows = (
            passage.entries.order_by()
            .annotate(hour=TruncHour("at", tzinfo=UTC), count=Count("pk"))
            .values_list("hour", "product_key", "operation", "reason", "count")
        )
        _add(_with_known_products(list(rows)))
    return len(passage.pks)


def _with_known_products(rows: Collection[tuple[datetime, str, str, str, int]]) -> Counter[Key]:
    keys = {key for _, key, _, _, _ in rows}
    known = set(Product.objects.filter(product_key__in=keys).values_list("product_key", flat=True))
    counted: Counter[Key] = Counter()
    for hour, key, operation, reason, count in rows:
        counted[hour, key if key in known else "", operation, reason] += count
    return counted


def _add(counted: Counter[Key]) -> None:
    """The reader's cursor is locked, so nobody else adds meanwhile."""
    hours = {hour for hour, *_ in counted}
    counts = LogTally.objects.filter(hour__in=hours).values_list(
        "hour", "product_key", "operation", "reason", "count"
    )
    for hour, key, operation, reason, count in counts:
        if (hour, key, operation, reason) in counted:
            counted[hour, key, operation, reason] += count
    LogTally.objects.bulk_create(
        [
            LogTally(hour=hour, product_key=key, operation=operation, reason=reason, count=count)
            for (hour, key, operation, reason), count in counted.items()
        ],
        update_conflicts=True,
        unique_fields=["hour", "product_key", "operation", "reason"],
        update_fields=["count"],
    )
