"""The Dynamic Registration card of Product Details."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from common.sql.paging import capped_count
from devices.device_state import with_old_secret
from devices.models import Device
from logs.queries import MOST_COUNTED
from operators.models import Operator
from products.models import Product, RegistrationModes
from products.registration_window import window_state
from registration.today import today_of

register = template.Library()

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@register.inclusion_tag("registration/_panel.html")
def registration_panel(product: Product, user: Operator) -> dict[str, Any]:
    now = timezone.now()
    state = window_state(product, now)
    modes = state.limits.modes
    return {
        "product": product,
        "user": user,
        "state": state,
        "closes_in": _left(state.limits.until, now) if state.open else "",
        "modes": "" if modes == RegistrationModes.BOTH else RegistrationModes(modes).label,
        "today": today_of(product.product_key, product.pk),
        "most": MOST_COUNTED,
    }


@register.inclusion_tag("registration/_secret.html")
def product_secret_panel(product: Product, user: Operator) -> dict[str, Any]:
    """When the ProductSecret was rotated, and who still used the old one since."""
    until = product.previous_secret_until
    used_old = with_old_secret(Device.objects.filter(product=product))
    return {
        "product": product,
        "may_change": user.may_change_product(product.product_key),
        "serves": until is not None and timezone.now() < until,
        "old": capped_count(used_old, MOST_COUNTED) if product.secret_rotated_at else 0,
        "most": MOST_COUNTED,
    }


def _left(moment: datetime | None, now: datetime) -> str:
    """The time left in two figures at most; it is exact to the second when it counts."""
    if moment is None:
        return ""
    seconds = max(0, int((moment - now).total_seconds()))
    if seconds >= 2 * _DAY:
        return _("%(days)d d") % {"days": seconds // _DAY}
    if seconds >= _HOUR:
        hours, minutes = divmod(seconds // _MINUTE, 60)
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if seconds >= _MINUTE:
        return _("%(minutes)d min") % {"minutes": seconds // _MINUTE}
    return _("%(seconds)d s") % {"seconds": seconds}
