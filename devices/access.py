"""What a person may look at: what belongs to the products of `products.access`."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from devices.models import Device, DeviceBatch, Finding, LogEntry
from devices.states import with_state
from operators.models import Operator
from operators.permissions import operator_of
from products.access import changeable_products, of_visible_products, require_change


def visible_devices(operator: Operator) -> QuerySet[Device]:
    return of_visible_products(Device.objects.all(), operator)


def changeable_devices(operator: Operator) -> QuerySet[Device]:
    if operator.sees_every_product and operator.may_change:
        return Device.objects.all()
    return Device.objects.filter(product__in=changeable_products(operator))


def visible_entries(operator: Operator) -> QuerySet[LogEntry]:
    """What names no product, or one that does not exist, is for those who see every product."""
    if operator.sees_every_product:
        return LogEntry.objects.all()
    return LogEntry.objects.filter(product_key__in=list(operator.granted))


def visible_findings(operator: Operator) -> QuerySet[Finding]:
    """With product and device, without their secrets."""
    findings = Finding.objects.select_related("product", "device", "closed_by").defer(
        "product__product_secret", "device__device_secret"
    )
    return of_visible_products(findings, operator)


def visible_batches(operator: Operator) -> QuerySet[DeviceBatch]:
    """With their product and who asked for them."""
    listed = DeviceBatch.objects.select_related("product", "operator")
    return of_visible_products(listed.defer("product__product_secret"), operator)


def batch_or_404(request: HttpRequest, key: int, *, change: bool = False) -> DeviceBatch:
    """404 for a batch not there or not yours, 403 to look at only."""
    operator = operator_of(request)
    batch = visible_batches(operator).filter(pk=key).first()
    if batch is None:
        raise Http404(_("Batch %(batch)s does not exist or was deleted.") % {"batch": key})
    if change:
        require_change(operator, batch.product.product_key)
    return batch


def device_or_404(
    request: HttpRequest, product_key: str, device_name: str, *, change: bool = False
) -> Device:
    """With its product and state; 404 for a device not there or not yours, 403 to look at only."""
    operator = operator_of(request)
    devices = with_state(Device.objects.select_related("product"))
    device = devices.filter(product__product_key=product_key, device_name=device_name).first()
    if device is None or not operator.may_look_at(product_key):
        text = _("Product %(product_key)s has no device %(name)s.")
        raise Http404(text % {"name": device_name, "product_key": product_key})
    if change:
        require_change(operator, product_key)
    return device
