"""Lists by key, newest first: a page costs the same however far down it is."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)

# The largest key a database column holds.
_LAST_KEY = 2**63 - 1
# How long a search may go on before it shows what it has found so far.
SEARCH_SECONDS = 0.08
# Keys a search looks at first. Each further step takes in more, as many as the time allows.
_FIRST_STEP = 2_000
_GROWTH = 4

# Keys that one query of a long walk looks at: it is short, whatever the filters are.
_WALKED = 10_000
# Rows of one portion where an index has them in order.
_PORTION = 5_000

Direction = Literal["older", "newer"]


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """`older` and `newer` are the keys for `?before=` and `?after=`, None where the list ends.

    `unfinished` names the direction in which a search ran out of time: there may be further rows
    that belong on this page, and `older` or `newer` is the key from which to search on. `reached`
    is the row it came to, whether it fits or not.
    """

    rows: list[Row]
    older: int | None
    newer: int | None
    unfinished: Direction | None = None
    reached: Row | None = None

    @property
    def newest(self) -> int:
        """Key of the first row, 0 on an empty page."""
        return self.rows[0].pk if self.rows else 0


def keyset_page(rows: QuerySet[Row], params: Mapping[str, str], *, size: int) -> KeysetPage[Row]:
    """The page that `before` or `after` in `params` asks for; nonsense there is ignored.

    For rows that an index has in this order, or that are few.
    """
    after = key_in(params.get("after"))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        # A page that is not full has reached the top: then the first page is the better answer.
        if len(found) > size:
            shown = found[size - 1 :: -1]
            return KeysetPage(shown, shown[-1].pk, shown[0].pk)
        return _downwards(rows, None, size)
    return _downwards(rows, key_in(params.get("before")), size)


def _downwards(rows: QuerySet[Row], before: int | None, size: int) -> KeysetPage[Row]:
    below = rows if before is None else rows.filter(pk__lt=before)
    found = list(below.order_by("-pk")[: size + 1])
    shown = found[:size]
    older = shown[-1].pk if len(found) > size else None
    newer = shown[0].pk if shown and before is not None else None
    return KeysetPage(shown, older, newer)


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last key a search has to look at."""

    first: int
    last: int


def span_of(rows: QuerySet[Row]) -> Span:
    """All keys of a table; two look-ups at its ends."""
    # Without a word about the key SQLite sorts the whole of a narrower index.
    keys = rows.model._default_manager.filter(pk__gt=0).values_list("pk", flat=True)
    return Span(keys.order_by("pk").first() or 1, keys.order_by("-pk").first() or 0)


def searched_page(
    rows: QuerySet[Row], params: Mapping[str, str], *, size: int, span: Span | None = None
) -> KeysetPage[Row]:
    """As `keyset_page`, for rows that no index has in this order: it looks at key after key.

    After SEARCH_SECONDS it stops with what it has found, says so, and the next page goes on there.
    """
    span = span or span_of(rows)
    after, before = key_in(params.get("after")), key_in(params.get("before"))
    if after is not None:
        return _search_up(rows, after, span, size)
    top = span.last if before is None else min(span.last, before - 1)
    found, reached = _search(rows, Span(span.first, top), size, upwards=False)
    shown = found[:size]
    newer = None if before is None else shown[0].pk if shown else before - 1
    if len(found) > size:
        return KeysetPage(shown, shown[-1].pk, newer)
    if reached > span.first:
        return KeysetPage(shown, reached, newer, "older", _row_at(rows, reached))
    return KeysetPage(shown, None, newer if shown else None)


def _search_up(rows: QuerySet[Row], after: int, span: Span, size: int) -> KeysetPage[Row]:
    bottom = max(span.first, after + 1)
    found, reached = _search(rows, Span(bottom, span.last), size, upwards=True)
    if len(found) > size:
        shown = found[size - 1 :: -1]
        return KeysetPage(shown, shown[-1].pk, shown[0].pk)
    if reached < span.last:
        shown = found[::-1]
        older = shown[-1].pk if shown else after + 1
        return KeysetPage(shown, older, reached, "newer", _row_at(rows, reached))
    return searched_page(rows, {}, size=size, span=span)


def _row_at(rows: QuerySet[Row], key: int) -> Row | None:
    everything: QuerySet[Row] = rows.model._default_manager.all()
    return everything.filter(pk__gte=key).order_by("pk").first()


def _search(rows: QuerySet[Row], span: Span, size: int, *, upwards: bool) -> tuple[list[Row], int]:
    """Up to size + 1 rows in the order of the search, and the last key that was looked at."""
    found: list[Row] = []
    reached = span.first - 1 if upwards else span.last + 1
    for step in _steps(span, upwards=upwards):
        part = rows.filter(pk__gte=step.first, pk__lte=step.last)
        ordered = part.order_by("pk" if upwards else "-pk")
        found += ordered[: size + 1 - len(found)]
        reached = step.last if upwards else step.first
        if len(found) > size:
            break
    return found, reached


def _steps(span: Span, *, upwards: bool) -> Iterator[Span]:
    """Parts of the span from one end to the other, growing, until time is up."""
    started, width, seen = time.perf_counter(), _FIRST_STEP, 0
    total = span.last - span.first + 1
    while seen < total:
        width = min(width, total - seen)
        low = span.first + seen if upwards else span.last - seen - width + 1
        yield Span(low, low + width - 1)
        seen += width
        spent = time.perf_counter() - started
        if spent >= SEARCH_SECONDS:
            return
        width = min(width * _GROWTH, max(_FIRST_STEP, int(seen * (SEARCH_SECONDS / spent - 1))))


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows fit; `number` and maybe more when it is not `exact`."""

    number: int
    exact: bool = True

    def __str__(self) -> str:
        return f"{self.number:,}{'' if self.exact else '+'}"


def searched_count(rows: QuerySet[Row], span: Span, most: int, *, stepwise: bool = True) -> Counted:
    """Counts key after key, newest first, no further than `most`.

    After SEARCH_SECONDS it says what it has counted so far, and goes on only when that is nothing.
    Not `stepwise`, it goes on at once: somebody has spent that time on finding nothing.
    """
    number, reached = 0, span.last + 1
    for step in _steps(span, upwards=False) if stepwise else ():
        number += rows.filter(pk__gte=step.first, pk__lte=step.last).order_by().count()
        reached = step.first
        if number > most:
            break
    if not number and reached > span.first:
        number, reached = capped_count(rows.filter(pk__lt=reached), most + 1), span.first
    return Counted(min(number, most), exact=number <= most and reached <= span.first)


@dataclass(frozen=True, slots=True)
class Portion(Generic[Row]):
    """Some of many rows. The last portion names the row at which a search was `stopped`, if so."""

    rows: list[Row]
    stopped: Row | None = None


def portions_in_order(rows: QuerySet[Row]) -> Iterator[Portion[Row]]:
    """All `rows`, newest first, read as they are wanted; for rows that an index has in this order.

    No query is long and none lasts from one portion to the next.
    """
    below, full = rows.order_by("-pk"), True
    while full:
        found = list(below[:_PORTION])
        yield Portion(found)
        full = len(found) == _PORTION
        below = below.filter(pk__lt=found[-1].pk) if full else below


def searched_portions(
    rows: QuerySet[Row], span: Span, most: int | None = None
) -> Iterator[Portion[Row]]:
    """The same for rows that no index has; stops when it has looked at `most` keys."""
    first = span.first if most is None else max(span.first, span.last - most + 1)
    for low in range(span.last - _WALKED + 1, first - _WALKED, -_WALKED):
        among = rows.filter(pk__gte=max(low, first), pk__lt=low + _WALKED)
        yield Portion(list(among.order_by("-pk")))
    if first > span.first:
        yield Portion([], stopped=_row_at(rows, first))


def keys_among(rows: QuerySet[Row], span: Span) -> Iterator[int]:
    """The keys of all `rows`, upwards, read as they are wanted."""
    for first in range(span.first, span.last + 1, _WALKED):
        among = rows.filter(pk__gte=first, pk__lt=first + _WALKED)
        yield from among.order_by("pk").values_list("pk", flat=True)


def key_in(text: str | None) -> int | None:
    """The key that stands in a URL, or None: it may say anything."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    key = int(text)
    return key if key <= _LAST_KEY else None


def capped_count(rows: QuerySet[Row], most: int) -> int:
    """Number of rows, but not more than `most`: live pages must not count a whole log."""
    return rows.order_by()[:most].count()
