"""Which log entries a list shows; every filter stands in the URL."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import django_filters
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.sql.paging import Span, span_of
from common.web.filters import ConsoleFilter, Keys
from common.web.forms import MomentInput
from logs.models import LogEntry, ServiceType
from logs.operation_names import operations_named
from logs.queries import refusals
from logs.reasons import REASONS
from logs.search import keys_with, span_between, with_reason
from products.filters import is_limited

WITHIN = (
    ("15", _("15 minutes")),
    ("60", _("Hour")),
    ("1440", _("Day")),
    ("10080", _("7 days")),
)


def _ago(minutes: str) -> datetime:
    return timezone.now() - timedelta(minutes=int(minutes))


def _reasons() -> list[tuple[str, str]]:
    """Read at each request, in its language."""
    return [(key, f"{reason.title} ({reason.code})") for key, reason in REASONS.items()]


class LogFilter(ConsoleFilter[LogEntry]):
    """Values are compared as they are, so a name with `@`, `:` or a quote finds what it names."""

    q = django_filters.CharFilter(label=_("Text"), method="by_text")
    product = django_filters.CharFilter(label="ProductKey", field_name="product_key")
    device = django_filters.CharFilter(label="DeviceName", field_name="device_name")
    result = django_filters.ChoiceFilter(
        label=_("Result"),
        choices=[("success", _("Success")), ("fail", _("Fail"))],
        empty_label=_("All"),
        method="by_result",
    )
    reason = django_filters.ChoiceFilter(
        label=_("Reason"),
        choices=_reasons,
        empty_label=_("All"),
        method="by_reason",
    )
    within = django_filters.ChoiceFilter(
        label=_("Last"), choices=WITHIN, empty_label=_("Any time"), method="by_age"
    )
    type = django_filters.ChoiceFilter(
        label=_("Service Type"),
        field_name="service_type",
        choices=ServiceType.choices,
        empty_label=_("All"),
    )
    code = django_filters.CharFilter(label=_("Status"), field_name="code")
    client = django_filters.CharFilter(label="ClientID", field_name="client_id")
    trace = django_filters.CharFilter(label="TraceId", field_name="trace_id")
    since = django_filters.IsoDateTimeFilter(
        label=_("From"),
        field_name="at",
        lookup_expr="gte",
        widget=MomentInput,
    )
    until = django_filters.IsoDateTimeFilter(
        label=_("To"),
        field_name="at",
        lookup_expr="lte",
        widget=MomentInput,
    )
    # What stands behind "More filters".
    rare = ("type", "code", "client", "trace", "since", "until")
    in_order = frozenset({"product", "device", "client", "trace"})

    class Meta:
        model = LogEntry
        fields: tuple[str, ...] = ()

    @property
    def limited(self) -> bool:
        return is_limited(self)

    def narrow(self) -> Iterator[Keys]:
        yield from keys_with(self.active)

    def span(self) -> Span:
        said = self.active
        if "within" in said:
            return span_between(_ago(said["within"]), None)
        if "since" in said or "until" in said:
            return span_between(said.get("since"), said.get("until"))
        return span_of(self.rows)

    def by_result(self, entries: QuerySet[LogEntry], _name: str, value: str) -> QuerySet[LogEntry]:
        return entries.filter(code="200") if value == "success" else refusals(entries)

    def by_reason(self, entries: QuerySet[LogEntry], _name: str, value: str) -> QuerySet[LogEntry]:
        return with_reason(entries, value)

    def by_age(self, entries: QuerySet[LogEntry], _name: str, value: str) -> QuerySet[LogEntry]:
        return entries.filter(at__gte=_ago(value))

    def by_text(self, entries: QuerySet[LogEntry], _name: str, value: str) -> QuerySet[LogEntry]:
        words = value.casefold()
        told = [key for key, reason in REASONS.items() if words in reason.title.casefold()]
        columns = ("device_name", "product_key", "client_id", "trace_id", "operation", "code")
        wanted = Q(reason__in=told) | Q(text__icontains=value)
        wanted |= Q(operation__in=operations_named(value))
        for column in columns:
            wanted |= Q(**{f"{column}__icontains": value})
        return entries.alias(text=Cast("detail", TextField())).filter(wanted)
