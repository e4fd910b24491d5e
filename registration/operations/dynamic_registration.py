"""Opening and closing Dynamic Registration of a product, by hand and by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import NotFoundError
from common.text.stored_messages import Words, in_english, listed
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from operators.actor import SYSTEM, Actor
from operators.confirmation import Confirmed
from operators.operations import audit
from operators.purposes import Purpose
from products.models import ClosedBy, Product
from products.registration_window import (
    Window,
    check_change,
    check_window,
    ended_by,
    ended_products,
    goes_on_counting,
)

_COLUMNS = (
    "dynamic_registration",
    "dynamic_registration_changed_at",
    "dynamic_registration_changed_by",
    "registration_closed_by",
    "registration_closes_at",
    "registration_budget",
    "registration_used",
    "registration_window",
    "registration_names",
    "registration_networks",
    "registration_modes",
)
_UNLIMITED = Window()
_TURN_ON = gettext_noop("turn on Dynamic Registration for product %(product)s (%(product_key)s)")
_TURN_OFF = gettext_noop("turn off Dynamic Registration for product %(product)s (%(product_key)s)")
# By whether it is on, and whether there is more to say.
_SUMMARIES = {
    (True, False): gettext_noop("Turned on Dynamic Registration"),
    (True, True): gettext_noop("Turned on Dynamic Registration, %(details)s"),
    (False, False): gettext_noop("Turned off Dynamic Registration"),
    (False, True): gettext_noop("Turned off Dynamic Registration: %(details)s"),
}
_CLOSED_BY: Mapping[str, Words] = {
    ClosedBy.TIME: {"words": gettext_noop("its time was up")},
    ClosedBy.BUDGET: {"words": gettext_noop("its budget was used up")},
}


def purpose_of(product: Product, *, enabled: bool, window: Window = _UNLIMITED) -> Purpose:
    """Return the purpose of the code that turns this product's switch to `enabled`.

    It names every limit of `window`, so that a code for one serves no other.
    """
    facts: dict[str, object] = {"product": product.name, "product_key": product.product_key}
    sentence = _TURN_ON if enabled else _TURN_OFF
    if enabled and window.words:
        sentence = gettext_noop("%(act)s, %(limits)s")
        facts = {"act": {"words": _TURN_ON, **facts}, "limits": listed(window.words)}
    return Purpose(
        act="dynamic_registration",
        target=product.target,
        wished=f"on {window.wished}".rstrip() if enabled else "off",
        sentence=sentence,
        facts=facts,
    )


def set_dynamic_registration(
    product: Product, *, enabled: bool, confirmed: Confirmed, window: Window = _UNLIMITED
) -> Product:
    """Turn the switch. `confirmed` must be for this product, this wished state and these limits.

    Turning on what is on already changes the limits. Registration holds the product's row while
    it issues secrets, so once this returns with `enabled=False`, no secret is issued any more.
    Raises ValueError when the confirmation is for something else, NotFoundError when the product
    is gone, OperationError when the limits make no sense.
    """
    if confirmed.purpose != purpose_of(product, enabled=enabled, window=window):
        raise ValueError("the confirmation is for something else")
    with transaction.atomic():
        now = timezone.now()
        locked = _locked(product.pk)
        if enabled:
            _open(locked, check_window(window, now), now)
        _turn(locked, confirmed.actor, now, enabled=enabled, words=window.words)
    return locked


def close_locked(product: Product, actor: Actor, now: datetime) -> None:
    """Turn off, on a product that is locked, as a part of another confirmed act."""
    _turn(product, actor, now, enabled=False)


def _turn(
    product: Product,
    actor: Actor,
    now: datetime,
    *,
    enabled: bool,
    words: Sequence[Words] = (),
) -> None:
    product.dynamic_registration = enabled
    product.registration_closed_by = ""
    product.dynamic_registration_changed_at = now
    product.dynamic_registration_changed_by = actor.operator
    product.save(update_fields=_COLUMNS)
    _note(product, actor, now, words if enabled else ())


def _locked(key: int) -> Product:
    try:
        return Product.objects.select_for_update(no_key=True).get(pk=key)
    except Product.DoesNotExist as error:
        raise NotFoundError(_("This product does not exist.")) from error


def _open(product: Product, window: Window, now: datetime) -> None:
    """Put the limits on the product; counting goes on if it went on before."""
    check_change(product, window, now)
    if not goes_on_counting(product, window, now):
        product.registration_window += 1
        product.registration_used = 0
    product.registration_closes_at = window.closes_at(now)
    product.registration_budget = window.budget
    product.registration_names = window.names
    product.registration_networks = " ".join(window.networks)
    product.registration_modes = window.modes


def close_ended_windows(now: datetime) -> None:
    """Turn the switch off where a window has ended: at its time, or with its budget used up.

    Registration is refused from that instant anyway; this makes it visible. A round of the
    worker, every few seconds.
    """
    for key in ended_products(now).values_list("pk", flat=True):
        _close(key, now)


@transaction.atomic
def _close(key: int, now: datetime) -> None:
    product = Product.objects.select_for_update(no_key=True).filter(pk=key).first()
    if product is None or not product.dynamic_registration:
        return
    product.registration_closed_by = ended_by(product, now)
    # Meanwhile somebody may have opened it for longer.
    if product.registration_closed_by:
        product.dynamic_registration = False
        product.dynamic_registration_changed_at = now
        product.dynamic_registration_changed_by = None
        product.save(update_fields=_COLUMNS)
        _note(product, SYSTEM, now, [_CLOSED_BY[product.registration_closed_by]])


def _note(product: Product, actor: Actor, now: datetime, words: Sequence[Words] = ()) -> None:
    """`words` are the limits it was opened with, or what closed it."""
    on = product.dynamic_registration
    facts = {"details": listed(words)} if words else {}
    summary = _SUMMARIES[on, bool(words)]
    audit.record(actor, "product.dynamic_registration", product.target, summary, **facts)
    detail = {"by": str(actor)}
    if words:
        detail["limits" if on else "because"] = in_english("%(details)s", facts)
    event = log_writer.Event(
        service_type=ServiceType.MANAGEMENT,
        operation=f"dynamic_registration_{'on' if on else 'off'}",
        reason=Reason.OK,
        product_key=product.product_key,
        address=actor.address,
        detail=detail,
    )
    log_writer.write([event], now)
