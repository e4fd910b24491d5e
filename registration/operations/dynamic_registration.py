"""Opening and closing Dynamic Registration of a product."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from devices.models import ServiceType
from devices.operations import log
from iotconsole.kit.errors import NotFoundError
from operators.confirmation import Confirmed, Purpose
from operators.operations import audit
from products.models import Product

_TURN_ON = gettext_noop("turn on Dynamic Registration for product %(product)s (%(product_key)s)")
_TURN_OFF = gettext_noop("turn off Dynamic Registration for product %(product)s (%(product_key)s)")
_TURNED_ON = gettext_noop("Turned on Dynamic Registration")
_TURNED_OFF = gettext_noop("Turned off Dynamic Registration")


def purpose_of(product: Product, *, enabled: bool) -> Purpose:
    """What a code must have been sent for, to turn this product's switch to `enabled`."""
    word = "on" if enabled else "off"
    return Purpose(
        act="dynamic_registration",
        target=product.target,
        wished=word,
        sentence=_TURN_ON if enabled else _TURN_OFF,
        facts={"product": product.name, "product_key": product.product_key},
    )


def set_dynamic_registration(product: Product, *, enabled: bool, confirmed: Confirmed) -> Product:
    """Turn the switch. `confirmed` must be for this product and this wished state.

    Registration holds the product's row while it issues secrets, so once this returns with
    `enabled=False`, no secret is issued any more. Raises ValueError when the confirmation is for
    something else, NotFoundError when the product is gone.
    """
    if confirmed.purpose != purpose_of(product, enabled=enabled):
        raise ValueError("the confirmation is for something else")
    with transaction.atomic():
        now = timezone.now()
        try:
            locked = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        except Product.DoesNotExist as error:
            raise NotFoundError(_("This product does not exist.")) from error
        locked.dynamic_registration = enabled
        locked.dynamic_registration_changed_at = now
        locked.dynamic_registration_changed_by = confirmed.actor.operator
        locked.save(
            update_fields=[
                "dynamic_registration",
                "dynamic_registration_changed_at",
                "dynamic_registration_changed_by",
            ]
        )
        _note(locked, confirmed, now)
    return locked


def _note(product: Product, confirmed: Confirmed, now: datetime) -> None:
    word = "on" if product.dynamic_registration else "off"
    summary = _TURNED_ON if product.dynamic_registration else _TURNED_OFF
    audit.record(confirmed.actor, "product.dynamic_registration", product.target, summary)
    event = log.Event(
        service_type=ServiceType.MANAGEMENT,
        operation=f"dynamic_registration_{word}",
        reason="ok",
        product_key=product.product_key,
        address=confirmed.actor.address,
        detail={"by": str(confirmed.actor)},
    )
    log.write([event], now)
