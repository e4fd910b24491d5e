"""Finding entries in a log of millions: which filters lead to few entries, and where times lie."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from common.sql.paging import Span, span_of
from common.web.filters import Keys
from logs.models import LogEntry, ServiceType
from logs.queries import reason_of

# Entries get their ids about in the order of their times. What is apart by more than this, because
# a batch waited for its turn or because the clocks of two listeners differ, is not found by time.
OUT_OF_ORDER = timedelta(minutes=10)
# The types of which a log consists; the others have an index, and the query has to say so.
_USUAL_TYPES = (ServiceType.REGISTRATION, ServiceType.DEVICE)
# Filters whose columns have an index, the ones that tell most first.
_COLUMNS = {
    "trace": "trace_id",
    "client": "client_id",
    "device": "device_name",
    "product": "product_key",
}


def keys_with(said: Mapping[str, Any]) -> Iterator[Keys]:
    """Yield the keys of the entries for each filter in `said` that has an index."""
    entries = LogEntry.objects.order_by()
    for name, column in _COLUMNS.items():
        if name in said:
            yield _keys(entries.filter(**{column: said[name]}))
    if "reason" in said and not _is_success(said["reason"]):
        yield _keys(with_reason(entries, said["reason"]))
    if "type" in said and said["type"] not in _USUAL_TYPES:
        rare = entries.filter(service_type=said["type"])
        for usual in _USUAL_TYPES:
            rare = rare.exclude(service_type=usual)
        yield _keys(rare)


def with_reason(entries: QuerySet[LogEntry], reason: str) -> QuerySet[LogEntry]:
    """Entries with that reason; the index of them has no successes, and the query has to say so."""
    found = entries.filter(reason=reason)
    return found if _is_success(reason) else found.exclude(code="200")


def _is_success(reason: str) -> bool:
    return reason_of(reason).code == "200"


def _keys(entries: QuerySet[LogEntry]) -> Keys:
    keys: Keys = entries.values_list("pk", flat=True)
    return keys


def span_between(since: datetime | None, until: datetime | None) -> Span:
    """The ids among which are all entries of that time, and some others at both ends."""
    entries = LogEntry.objects.all()
    whole = span_of(entries)
    first = since and entries.filter(at__lt=since - OUT_OF_ORDER).order_by("-at").first()
    last = until and entries.filter(at__gt=until + OUT_OF_ORDER).order_by("at").first()
    return Span(first.pk if first else whole.first, last.pk if last else whole.last)
