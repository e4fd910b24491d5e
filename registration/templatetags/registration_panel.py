"""The Dynamic Registration card of Product Details."""

from typing import Any

from django import template

from devices.logs import MOST_COUNTED, today_of
from operators.models import Operator
from products.models import Product

register = template.Library()


@register.inclusion_tag("registration/_panel.html")
def registration_panel(product: Product, user: Operator) -> dict[str, Any]:
    return {
        "product": product,
        "user": user,
        "today": today_of(product.product_key, product.pk),
        "most": MOST_COUNTED,
    }
