"""The log as a table for spreadsheets and programs."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from devices.logs import reason_of
from devices.models import LogEntry
from iotconsole.kit.paging import Span

# A spreadsheet holds a million; so many are a matter of seconds.
EXPORT_MOST = 100_000
_PORTION = 5_000  # keys

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
    entries: QuerySet[LogEntry], span: Span, language: str, most: int = EXPORT_MOST
) -> Iterator[Sequence[str]]:
    """The header, then `entries` newest first, read in portions while they are sent.

    `span` holds their keys. What is behind the first `most` is left out; a last row says so.
    """
    yield HEADER
    left = most
    for portion in _portions(entries, span):
        with translation.override(language):
            rows = [_row(entry) for entry in portion[:left]]
            cut = [_("Older entries were left out: this file ends at %(most)s.") % {"most": most}]
        yield from rows
        if len(portion) > left:
            yield cut
            return
        left -= len(portion)


def _portions(entries: QuerySet[LogEntry], span: Span) -> Iterator[list[LogEntry]]:
    """No query looks at more keys than one can wait for, whatever the filters are."""
    for last in range(span.last, span.first - 1, -_PORTION):
        among = entries.filter(pk__lte=last, pk__gt=last - _PORTION)
        yield list(among.order_by("-pk"))


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
