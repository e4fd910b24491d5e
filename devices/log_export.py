"""The log as a table for spreadsheets and programs."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from devices.logs import reason_of
from devices.models import LogEntry

# A spreadsheet holds a million; so many are a matter of seconds.
EXPORT_MOST = 100_000
_CHUNK = 2000

HEADER = (
    "Time (UTC)",
    "ProductKey",
    "DeviceName",
    "ClientID",
    "Service Type",
    "Operation",
    "Status",
    "Reason",
    "Address",
    "TraceId",
    "Connection",
    "Details",
)


def export_rows(
    entries: QuerySet[LogEntry], language: str, most: int = EXPORT_MOST
) -> Iterator[Sequence[str]]:
    """The header, then `entries` newest first, read in portions while they are sent.

    What is behind the first `most` is left out, and a last row says so.
    """
    yield HEADER
    left, before = most, None
    while left > 0:
        page = entries if before is None else entries.filter(pk__lt=before)
        chunk = list(page.order_by("-pk")[: min(_CHUNK, left)])
        if not chunk:
            return
        with translation.override(language):
            rows = [_row(entry) for entry in chunk]
        yield from rows
        left, before = left - len(chunk), chunk[-1].pk
    if entries.filter(pk__lt=before).exists():
        with translation.override(language):
            yield (_("Older entries were left out: this file ends at %(most)s.") % {"most": most},)


def _row(entry: LogEntry) -> Sequence[str]:
    return (
        entry.at.isoformat(timespec="milliseconds"),
        entry.product_key,
        entry.device_name,
        entry.client_id,
        entry.get_service_type_display(),
        entry.operation,
        entry.code,
        str(reason_of(entry.reason).title),
        entry.address or "",
        entry.trace_id,
        entry.connection_id,
        "; ".join(f"{name}={value}" for name, value in entry.detail.items()),
    )
