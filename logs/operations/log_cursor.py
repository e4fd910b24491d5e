"""Reading the log on, entry by entry, each once.

Ids are given before the commit, so an entry may become visible below ids that were read already
(PostgreSQL; SQLite has one writer at a time). A reader therefore keeps to entries that are some
seconds old, remembers the ids it passed and did not find, and asks for them again for an hour: no
transaction that writes log entries is open for longer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Q, QuerySet

from logs.models import LogCursor, LogEntry

# So old an entry has to be; by then most transactions that began before it are over.
SETTLED = timedelta(seconds=5)
_GIVEN_UP = timedelta(hours=1)
# Gaps asked for with one statement: SQLite bounds the depth of an expression.
_GAPS_AT_ONCE = 200

Gap = tuple[int, int, str]  # first and last id, when it was noticed (ISO 8601)


@dataclass(frozen=True, slots=True)
class Passage:
    """Entries that a reader has to take now; falsy when there are none."""

    pks: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.pks)

    @property
    def entries(self) -> QuerySet[LogEntry]:
        return LogEntry.objects.filter(pk__in=self.pks).order_by("pk")


def read_on(name: str, now: datetime, *, most: int) -> Passage:
    """The next entries for the reader `name`, at most about `most`, and move its cursor past them.

    Runs inside the caller's transaction, which must hold whatever is made of the entries too: then
    both happen once. Several processes with the same name take turns.
    """
    cursor, _ = LogCursor.objects.select_for_update().get_or_create(pk=name)
    gaps: list[Gap] = [(first, last, at) for first, last, at in cursor.gaps]
    late = list(_late(gaps, most))
    fresh = list(_fresh(cursor.position, now, most))
    if not (late or fresh or gaps):
        return Passage(())
    known = [*_without(gaps, late), *_between([cursor.position, *fresh], now)]
    cursor.gaps = [gap for gap in known if datetime.fromisoformat(gap[2]) > now - _GIVEN_UP]
    cursor.position = fresh[-1] if fresh else cursor.position
    cursor.save(update_fields=["position", "gaps"])
    return Passage((*late, *fresh))


def position_of(name: str) -> QuerySet[LogCursor, int]:
    """Where the reader stands, as a subquery; no row when it never read."""
    return LogCursor.objects.filter(pk=name).values_list("position", flat=True)


def _fresh(position: int, now: datetime, most: int) -> Iterable[int]:
    settled = LogEntry.objects.filter(pk__gt=position, at__lte=now - SETTLED)
    last = settled.order_by("-pk").values_list("pk", flat=True).first()
    if last is None:
        return ()
    passed = LogEntry.objects.filter(pk__gt=position, pk__lte=last)
    return passed.order_by("pk").values_list("pk", flat=True)[:most]


def _late(gaps: list[Gap], most: int) -> Iterator[int]:
    for start in range(0, len(gaps), _GAPS_AT_ONCE):
        wanted = Q()
        for first, last, _ in gaps[start : start + _GAPS_AT_ONCE]:
            wanted |= Q(pk__range=(first, last))
        yield from LogEntry.objects.filter(wanted).values_list("pk", flat=True)[:most]


def _between(pks: list[int], now: datetime) -> Iterator[Gap]:
    """The gaps in a row of ids."""
    for before, after in pairwise(pks):
        if after - before > 1:
            yield before + 1, after - 1, now.isoformat()


def _without(gaps: Iterable[Gap], found: Iterable[int]) -> Iterator[Gap]:
    """The gaps that are left when the ids `found` have turned up."""
    for first, last, at in gaps:
        inside = sorted(pk for pk in found if first <= pk <= last)
        for before, after in pairwise([first - 1, *inside, last + 1]):
            if after - before > 1:
                yield before + 1, after - 1, at
