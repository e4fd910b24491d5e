"""Which devices and log entries a list shows; every filter stands in the URL."""

from collections.abc import Iterator
from datetime import datetime

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.web.filters import ConsoleFilter, Keys
from devices.device_state import (
    compromised,
    in_state,
    keys_in_state,
    registered_since,
    several_client_ids,
    with_old_secret,
)
from devices.models import Device, DeviceState
from devices.search import keys_beginning, names_beginning
from operators.permissions import operator_of
from products.access import visible_products
from products.filters import by_product, is_limited


class DeviceFilter(ConsoleFilter[Device]):
    product = by_product()
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
        return is_limited(self)

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
