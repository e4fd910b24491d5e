"""The first steps after a ProductSecret has leaked, as one act."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from operators.confirmation import Confirmed
from operators.purposes import Purpose
from products.models import Product
from registration.operations.dynamic_registration import close_locked
from registration.operations.rotate_secret import AT_ONCE, lock_for_rotation, rotate_locked


def leak_purpose(product: Product) -> Purpose:
    """Names both steps; a code for it serves this one rotation."""
    return Purpose(
        act="stop_leak",
        target=product.target,
        wished=f"off, version {product.secret_version + 1}",
        sentence=gettext_noop(
            "turn off Dynamic Registration for product %(product)s (%(product_key)s) and rotate "
            "its ProductSecret; the old one stops working now"
        ),
        facts={"product": product.name, "product_key": product.product_key},
    )


def stop_leak(product: Product, *, confirmed: Confirmed) -> Product:
    """Close registration and rotate the ProductSecret without overlap, both or neither.

    Raises ValueError when the confirmation is for something else, NotFoundError, and
    ConflictError when somebody else has rotated it meanwhile.
    """
    if confirmed.purpose != leak_purpose(product):
        raise ValueError("the confirmation is for something else")
    with transaction.atomic():
        now = timezone.now()
        locked = lock_for_rotation(product)
        if locked.dynamic_registration:
            close_locked(locked, confirmed.actor, now)
        rotate_locked(locked, confirmed.actor, AT_ONCE, now)
    return locked
