"""Which products a list shows; every filter stands in the URL."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.web.filters import ConsoleFilter
from operators.permissions import operator_of
from products.access import visible_products
from products.models import Product, ProductStatus


def _products(request: HttpRequest | None) -> QuerySet[Product]:
    """To choose from: those the person may look at. Without a request nobody is shown them."""
    products = visible_products(operator_of(request)) if request else Product.objects.all()
    return products.only("product_key", "name").order_by("name")


def by_product() -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        label=_("Product"),
        queryset=_products,
        to_field_name="product_key",
        empty_label=_("All"),
    )


def is_limited(chosen: ConsoleFilter[Any]) -> bool:
    """Whether the person may look at some products only, and has not chosen one of them."""
    if chosen.request is None or "product" in chosen.active:
        return False
    return not operator_of(chosen.request).sees_every_product


class ProductFilter(ConsoleFilter[Product]):
    name = django_filters.CharFilter(label=_("Product Name"), lookup_expr="icontains")
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=ProductStatus.choices, empty_label=_("All")
    )
    registration = django_filters.ChoiceFilter(
        label=_("Dynamic Registration"),
        field_name="dynamic_registration",
        choices=[("on", _("On")), ("off", _("Off"))],
        empty_label=_("All"),
        method="by_registration",
    )

    class Meta:
        model = Product
        fields: tuple[str, ...] = ()

    def by_registration(
        self, products: QuerySet[Product], _name: str, value: str
    ) -> QuerySet[Product]:
        return products.filter(dynamic_registration=value == "on")
