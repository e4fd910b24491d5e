"""Events per hour, over all of the log. Read only.

The tallies tell what a worker has counted; what came since is counted here, from so few entries
that it costs the same however long the log is.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, TruncHour

from logs.models import LogEntry, LogTally
from logs.operations.log_cursor import position_of
from logs.operations.tally import READER
from logs.queries import reason_of
from logs.reasons import Reason, ReasonFacts

HOUR = timedelta(hours=1)
DAY_HOURS, WEEK_HOURS = 24, 24 * 7
# Entries not tallied yet that a page counts by itself; a worker leaves a few seconds' worth.
MOST_UNCOUNTED = 10_000

Row = tuple[datetime, str, str, int]  # hour, operation, reason, count


@dataclass(frozen=True, slots=True)
class ReasonCounts:
    """Refusals for one reason, in the last day and the last week."""

    reason: ReasonFacts
    day: int
    week: int


@dataclass(frozen=True, slots=True)
class History:
    """The last seven days in hours, the present one included."""

    now: datetime
    rows: tuple[Row, ...]

    def hours(self, how_many: int) -> list[datetime]:
        """The last hours up to the present one, oldest first."""
        latest = _hour_of(self.now)
        return [latest - HOUR * back for back in reversed(range(how_many))]

    @property
    def activations(self) -> dict[datetime, int]:
        return _by_hour(row for row in self.rows if row[2] == Reason.ACTIVATED)

    @property
    def refusals(self) -> dict[datetime, int]:
        return _by_hour(row for row in self.rows if _is_refusal(row))

    @property
    def reasons(self) -> list[ReasonCounts]:
        """Why devices were refused, the commonest of the last day first."""
        today = self.hours(DAY_HOURS)[0]
        day: Counter[str] = Counter()
        week: Counter[str] = Counter()
        for row in filter(_is_refusal, self.rows):
            week[row[2]] += row[3]
            day[row[2]] += row[3] if row[0] >= today else 0
        counted = [ReasonCounts(reason_of(key), day[key], week[key]) for key in week]
        return sorted(counted, key=lambda each: (-each.day, -each.week, each.reason.key))


def history(now: datetime, product_keys: Collection[str] | None = None) -> History:
    """Return the history of all products, or of those named; one query."""
    since = _hour_of(now) - HOUR * (WEEK_HOURS - 1)
    told = LogTally.objects.filter(hour__gte=since)
    untold = _uncounted().filter(at__gte=since)
    if product_keys is not None:
        told = told.filter(product_key__in=product_keys)
        untold = untold.filter(product_key__in=product_keys)
    tallied = (
        told.values("hour", "operation", "reason")
        .annotate(times=Sum("count"))
        .values_list("hour", "operation", "reason", "times")
    )
    fresh = (
        untold.order_by()
        .annotate(hour=TruncHour("at", tzinfo=UTC))
        .values("hour", "operation", "reason")
        .annotate(times=Count("pk"))
        .values_list("hour", "operation", "reason", "times")
    )
    # One statement sees one state of the database: nothing is counted twice while a worker counts.
    return History(now, tuple(tallied.union(fresh, all=True)))


def counting_lags(entries: int) -> bool:
    """Whether more than so many entries of the log are not counted yet: a page leaves some out."""
    fresh = LogEntry.objects.filter(pk__gt=_position()).order_by("pk")
    return bool(fresh.values_list("pk")[entries : entries + 1])


def _position() -> Coalesce:
    return Coalesce(Subquery(position_of(READER)), Value(0))


def _uncounted() -> QuerySet[LogEntry]:
    fresh = LogEntry.objects.filter(pk__gt=_position()).order_by("pk")
    return LogEntry.objects.filter(pk__in=fresh.values("pk")[:MOST_UNCOUNTED])


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _by_hour(rows: Iterable[Row]) -> dict[datetime, int]:
    counted: Counter[datetime] = Counter()
    for hour, _, _, times in rows:
        counted[hour] += times
    return counted


def _is_refusal(row: Row) -> bool:
    """As logs.queries.refusals has it: the end of a connection is none, whatever its code."""
    return row[1] != "offline" and reason_of(row[2]).code != "200"
