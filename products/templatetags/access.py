"""Template tags that ask what a person may do."""

from django import template

from operators.models import Operator
from products.access import may_change_product
from products.models import Product

register = template.Library()


@register.filter
def may_change(user: Operator, product: Product) -> bool:
    """`{% if user|may_change:product %}`: whether to show what changes it or its devices."""
    return may_change_product(user, product)
