"""Devices that a person may look at: those of the products of `products.access`."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from devices.device_state import with_state
from devices.models import Device
from devices.operations.lookup import SECRETS
from operators.models import Operator
from operators.permissions import operator_of
from products.access import changeable_products, of_visible_products, require_change


def visible_devices(operator: Operator) -> QuerySet[Device]:
    return of_visible_products(Device.objects.all(), operator)


def changeable_devices(operator: Operator) -> QuerySet[Device]:
    if operator.sees_every_product and operator.may_change:
        return Device.objects.all()
    return Device.objects.filter(product__in=changeable_products(operator))


def device_or_404(
    request: HttpRequest, product_key: str, device_name: str, *, change: bool = False
) -> Device:
    """With its product and state; 404 for a device not there or not yours, 403 to look at only."""
    operator = operator_of(request)
    devices = with_state(Device.objects.select_related("product").defer(*SECRETS))
    device = devices.filter(product__product_key=product_key, device_name=device_name).first()
    if device is None or not operator.may_look_at(product_key):
        text = _("Product %(product_key)s has no device %(name)s.")
        raise Http404(text % {"name": device_name, "product_key": product_key})
    if change:
        require_change(operator, product_key)
    return device
