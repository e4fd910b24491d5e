"""The log as a table for spreadsheets and programs."""

from collections.abc import Iterable, Iterator, Sequence

from django.utils import translation
from django.utils.translation import gettext as _

from common.sql.paging import Portion
from logs.models import LogEntry
from logs.queries import reason_of

# A spreadsheet holds a million; so many are a matter of seconds.
EXPORT_MOST = 100_000
# A search by text looks at so many, which takes seconds.
EXPORT_SEARCHED = 5_000_000

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
    portions: Iterable[Portion[LogEntry]], language: str, most: int = EXPORT_MOST
) -> Iterator[Sequence[str]]:
    """The header, then the entries of `portions`, which are read while they are sent.

    What is behind the first `most`, or was not searched, is left out; a last row says so.
    """
    yield HEADER
    left = most
    for portion in portions:
        with translation.override(language):
            rows = [_row(entry) for entry in portion.rows[:left]]
            cut = _left_out(portion, left, most)
        yield from rows
        if cut:
            yield [cut]
            return
        left -= len(rows)


def _left_out(portion: Portion[LogEntry], left: int, most: int) -> str:
    """Return the text of the last row; empty while there is more, and when nothing is missing."""
    if len(portion.rows) > left:
        return _("Older entries were left out: this file ends at %(most)s.") % {"most": most}
    if portion.stopped:
        text = _(
            "Entries before %(time)s were not searched. Filter by an earlier time to see them."
        )
        return text % {"time": portion.stopped.at.isoformat(timespec="seconds")}
    return ""


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
