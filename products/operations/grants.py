"""Which products an account may look at and change."""

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from operators.actor import Actor
from operators.models import Operator
from operators.operations import audit
from operators.operations.account_admin import minded
from products.models import Product, ProductGrant


def set_grants(
    actor: Actor, account_id: int, *, every_product: bool, granted: Mapping[str, bool]
) -> Operator:
    """`granted`: whether the account may change the product, by ProductKey; all others are closed.

    They are kept while the account has every product, for the day it has not.
    """
    with minded(actor, account_id) as account:
        account.every_product = every_product
        account.save(update_fields=["every_product"])
        account.grants.all().delete()
        products = Product.objects.filter(product_key__in=granted).only("product_key")
        ProductGrant.objects.bulk_create(
            ProductGrant(operator=account, product=product, may_change=granted[product.product_key])
            for product in products
        )
        _note(actor, account, granted)
    return account


def _note(actor: Actor, account: Operator, granted: Mapping[str, bool]) -> None:
    every = gettext_noop("Products: all")
    some = gettext_noop("Products to change: %(change)s; to view: %(look)s")
    if account.every_product:
        audit.record(actor, "operator.products", account.target, every)
        return
    change = ", ".join(sorted(key for key, may_change in granted.items() if may_change))
    look = ", ".join(sorted(key for key, may_change in granted.items() if not may_change))
    audit.record(
        actor, "operator.products", account.target, some, change=change or "-", look=look or "-"
    )
