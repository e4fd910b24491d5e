"""One timeline of a device's log entries and of the acts on it. Read only.

Log and audit trail each page by their own key, so a page costs the same however far back it is.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import QuerySet
from django.urls import reverse

from devices.models import Device
from logs.models import LogEntry, ServiceType
from logs.queries import reason_of
from operators.models import AuditEntry

Key = int | None
Row = TypeVar("Row", LogEntry, AuditEntry)


@dataclass(frozen=True, slots=True)
class Moment:
    """`entry` or `act`: a line of the log, or of the audit trail."""

    at: datetime
    entry: LogEntry | None = None
    act: AuditEntry | None = None

    @property
    def url(self) -> str:
        """Where more is told."""
        if self.entry is None:
            return self.act.get_absolute_url() if self.act else ""
        if self.entry.trace_id.isalnum():
            return f"{reverse('logs:story', args=[self.entry.trace_id])}#log-{self.entry.pk}"
        return reverse("logs:list")

    @property
    def text(self) -> str:
        if self.act is not None:
            return self.act.text
        return str(reason_of(self.entry.reason).title) if self.entry else ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Newest first. `log` and `audit` are the keys below which the next page begins, when `more`
    is true."""

    moments: list[Moment]
    log: Key
    audit: Key
    more: bool


def timeline(device: Device, log: Key, audit: Key, size: int) -> Timeline:
    """The page below the given keys; None is the newest. Two queries.

    Operators' acts stand in both, and are told from the audit trail, which knows who.
    """
    # Every line of the log of this name: it outlives the device, as the audit trail does.
    entries = LogEntry.objects.filter(
        product_key=device.product.product_key, device_name=device.device_name
    ).exclude(service_type=ServiceType.MANAGEMENT)
    acts = AuditEntry.objects.filter(target=device.target).select_related("operator")
    lines = (
        [Moment(entry.at, entry=entry) for entry in _below(entries, log, size)],
        [Moment(act.at, act=act) for act in _below(acts, audit, size)],
    )
    merged = list(heapq.merge(*lines, key=lambda moment: moment.at, reverse=True))
    shown = merged[:size]
    return Timeline(
        moments=shown,
        log=min((m.entry.pk for m in shown if m.entry), default=log),
        audit=min((m.act.pk for m in shown if m.act), default=audit),
        more=len(merged) > size,
    )


def _below(rows: QuerySet[Row], key: Key, size: int) -> Iterable[Row]:
    found = rows if key is None else rows.filter(pk__lt=key)
    return found.order_by("-pk")[: size + 1]
