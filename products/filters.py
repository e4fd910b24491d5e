"""Which products a list shows; every filter stands in the URL."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.web.filters import ConsoleFilter
from products.models import Product, ProductStatus


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
