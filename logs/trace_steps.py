"""A trace read from its beginning, and how long nothing happened between its entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from logs.models import LogEntry

# Up to how many seconds, the words, and how many seconds are one of them; shorter ones are none.
_GAPS = (
    (60, "", 1),
    (3600, gettext_noop("%(count)s min later"), 60),
    (86_400, gettext_noop("%(count)s h later"), 3600),
    (float("inf"), gettext_noop("%(count)s d later"), 86_400),
)


@dataclass(frozen=True, slots=True)
class Step:
    """An entry, and in words how long after the one before it; empty when it followed soon."""

    entry: LogEntry
    gap: str


def story(
    entries: QuerySet[LogEntry], trace_id: str, after: int, size: int
) -> tuple[list[Step], int | None]:
    """The steps behind the entry with the key `after`, and the key for the next ones if any."""
    rows = entries.filter(trace_id=trace_id, pk__gte=after).order_by("pk")
    # The one `after` names is read again for the gap behind it.
    found = list(rows[: size + 2])
    known = 1 if found and found[0].pk == after else 0
    shown = found[known : known + size]
    later = shown[-1].pk if len(found) > known + size else None
    before: Sequence[LogEntry | None] = [found[0] if known else None, *shown]
    return [Step(e, _gap(last, e)) for last, e in zip(before, shown, strict=False)], later


def _gap(last: LogEntry | None, entry: LogEntry) -> str:
    if last is None:
        return ""
    seconds = max(0.0, (entry.at - last.at).total_seconds())
    words, size = next((words, size) for limit, words, size in _GAPS if seconds < limit)
    return _(words) % {"count": int(seconds // size)} if words else ""
