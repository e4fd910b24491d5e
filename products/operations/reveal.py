"""Showing secrets to an operator, or to a program."""

from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import NotFoundError
from common.ops.throttle import Throttle
from operators.actor import Actor
from operators.operations import audit
from products.models import Product

# What the trail says a program was told.
_READ = {
    "product": gettext_noop("Read the ProductSecret through the API (recorded once an hour)"),
    "device": gettext_noop("Read DeviceSecrets through the API (recorded once an hour)"),
}
_noted = Throttle(window=3600)


def reveal_product_secret(actor: Actor, product_key: str) -> str:
    """The ProductSecret; that it was looked at is audited before it is returned."""
    with transaction.atomic():
        product = Product.objects.filter(product_key=product_key).first()
        if product is None:
            raise NotFoundError(_("This product does not exist."))
        summary = gettext_noop("Viewed the ProductSecret")
        audit.record(actor, "product.reveal", product.target, summary)
    return product.product_secret


def note_reading(actor: Actor, product: Product, whose: Literal["product", "device"]) -> None:
    """Audit, before they are told, that a program reads the secrets of a product or its devices.

    A back end does so all day long: an entry for each time would bury the rest of the trail, so
    there is one in an hour for each access key, product and server process.
    """
    key = actor.access_key, product.product_key, whose
    if not _noted.exceeded(*key):
        audit.record(actor, f"{whose}.reveal", product.target, _READ[whose])
        _noted.add(*key)
