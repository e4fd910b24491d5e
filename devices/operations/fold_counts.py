"""Folding what PostgreSQL's triggers append to DeviceCount."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from devices.models import DeviceCount

# Rows folded in one transaction.
_CHUNK = 10_000


def fold_counts(_now: datetime) -> int:
    """One row per product out of many; returns how many it took. Safe to repeat and in parallel."""
    folded = 0
    # Looked at first: beginning a transaction would take SQLite's only write lock.
    while DeviceCount.objects.filter(folded=False).exists() and (chunk := _fold_chunk()):
        folded += chunk
    return folded


def _fold_chunk() -> int:
    with transaction.atomic():
        appended = DeviceCount.objects.filter(folded=False).order_by("pk")
        rows = list(appended.select_for_update()[:_CHUNK])
        sums: dict[int, tuple[int, int]] = {}
        for row in rows:
            total, activated = sums.get(row.product_id, (0, 0))
            sums[row.product_id] = total + row.total, activated + row.activated
        for product in sorted(sums):
            _add(product, *sums[product])
        DeviceCount.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _add(product: int, total: int, activated: int) -> None:
    row, _ = DeviceCount.objects.get_or_create(
        product_id=product, folded=True, defaults={"total": 0, "activated": 0}
    )
    DeviceCount.objects.filter(pk=row.pk).update(
        total=F("total") + total, activated=F("activated") + activated
    )
