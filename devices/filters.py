"""Which devices and log entries a list shows; every filter stands in the URL."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from devices.log_operations import operations_named
from devices.log_search import keys_with, span_between, with_reason
from devices.logs import refusals
from devices.models import (
    BatchState,
    Device,
    DeviceBatch,
    DeviceState,
    Finding,
    FindingKind,
    FindingState,
    LogEntry,
    ServiceType,
)
from devices.reasons import REASONS
from devices.search import keys_beginning, names_beginning
from devices.states import (
    compromised,
    in_state,
    keys_in_state,
    registered_since,
    several_client_ids,
    with_old_secret,
)
from common.web.filters import ConsoleFilter, Keys
from common.web.forms import MomentInput
from common.sql.paging import Span, span_of
from operators.permissions import operator_of
from products.access import visible_products
from products.models import Product


def _products(request: HttpRequest | None) -> QuerySet[Product]:
    """To choose from: those the person may look at. Without a request nobody is shown them."""
    products = visible_products(operator_of(request)) if request else Product.objects.all()
    return products.only("product_key", "name").order_by("name")


def _by_product() -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        label=_("Product"),
        queryset=_products,
        to_field_name="product_key",
        empty_label=_("All"),
    )


def _is_limited(chosen: ConsoleFilter[Any]) -> bool:
    """Whether the person may look at some products only, and has not chosen one of them."""
    if chosen.request is None or "product" in chosen.active:
        return False
    return not operator_of(chosen.request).sees_every_product


class DeviceFilter(ConsoleFilter[Device]):
    product = _by_product()
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=DeviceState.choices, empty_label=_("All"), method="by_state"
    )
    name = django_filters.CharFilter(label=_("Name or ID begins with"), method="by_name")
    activated = django_filters.ChoiceFilter(
        choices=[("yes", _("Yes"))], widget=forms.HiddenInput, method="by_activation"
    )
    compromised = django_filters.BooleanFilter(
        label=_("Security-compromised"), widget=forms.CheckboxInput, method="by_compromise"
    )
    secret = django_filters.ChoiceFilter(
        choices=[("old", _("Old ProductSecret"))], widget=forms.HiddenInput, method="by_secret"
    )
    # What the drill for a leaked ProductSecret lists.
    registered = django_filters.IsoDateTimeFilter(
        widget=forms.HiddenInput, method="by_registration"
    )
    # Where the page of a batch leads to.
    batch = django_filters.NumberFilter(
        field_name="batch", widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1
    )

    in_order = frozenset({"product"})

    class Meta:
        model = Device
        fields: tuple[str, ...] = ()

    @property
    def limited(self) -> bool:
        return _is_limited(self)

    def narrow(self) -> Iterator[Keys]:
        said = self.active
        if self.limited:
            own = Device.objects.filter(product__in=visible_products(operator_of(self.request)))
            yield own.order_by().values_list("pk", flat=True)
        if "compromised" in said:
            yield several_client_ids()
        if "name" in said:
            yield keys_beginning(said["name"])
        for name, narrowed in (("registered", self.by_registration), ("secret", self.by_secret)):
            if name in said and "product" in said:
                own = Device.objects.filter(product=said["product"])
                yield narrowed(own, name, said[name]).order_by().values_list("pk", flat=True)
        if "state" in said:
            yield from keys_in_state(said["state"], said.get("product"))
        for name in {"product", "batch"} & said.keys():
            own = Device.objects.filter(**{name: said[name]})
            yield own.order_by().values_list("pk", flat=True)

    def by_name(self, devices: QuerySet[Device], _name: str, value: str) -> QuerySet[Device]:
        return devices.filter(names_beginning(value))

    def by_state(self, devices: QuerySet[Device], _name: str, value: str) -> QuerySet[Device]:
        return in_state(devices, value)

    def by_activation(self, devices: QuerySet[Device], _name: str, _value: str) -> QuerySet[Device]:
        return devices.filter(activated_at__isnull=False)

    def by_compromise(self, devices: QuerySet[Device], _name: str, value: bool) -> QuerySet[Device]:
        return compromised(devices) if value else devices

    def by_secret(self, devices: QuerySet[Device], _name: str, _value: str) -> QuerySet[Device]:
        return with_old_secret(devices)

    def by_registration(
        self, devices: QuerySet[Device], _name: str, value: datetime
    ) -> QuerySet[Device]:
        return registered_since(devices, value)


class BatchFilter(ConsoleFilter[DeviceBatch]):
    product = _by_product()
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=BatchState.choices, empty_label=_("All")
    )

    class Meta:
        model = DeviceBatch
        fields: tuple[str, ...] = ()


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
        return _is_limited(self)

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


class FindingFilter(ConsoleFilter[Finding]):
    """Without a state, the open ones."""

    kind = django_filters.ChoiceFilter(
        label=_("Finding"), choices=FindingKind.choices, empty_label=_("All")
    )
    product = _by_product()
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[*FindingState.choices[1:], ("all", _("All"))],
        empty_label=FindingState.OPEN.label,
        method="by_state",
    )

    class Meta:
        model = Finding
        fields: tuple[str, ...] = ()

    @property
    def rows(self) -> QuerySet[Finding]:
        found = super().rows
        return found if self.form["state"].value() else found.filter(state=FindingState.OPEN)

    def by_state(self, findings: QuerySet[Finding], _name: str, value: str) -> QuerySet[Finding]:
        return findings if value == "all" else findings.filter(state=value)
