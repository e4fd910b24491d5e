"""Showing a ProductSecret to an operator."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from iotconsole.kit.errors import NotFoundError
from operators.actor import Actor
from operators.operations import audit
from products.models import Product


def reveal_product_secret(actor: Actor, product_key: str) -> str:
    """The ProductSecret; that it was looked at is audited before it is returned."""
    with transaction.atomic():
        product = Product.objects.filter(product_key=product_key).first()
        if product is None:
            raise NotFoundError(_("This product does not exist."))
        summary = gettext_noop("Looked at the ProductSecret")
        audit.record(actor, "product.reveal", product.target, summary)
    return product.product_secret
