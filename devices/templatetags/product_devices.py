"""Template tags for a product's devices."""

import time
from typing import Any

from django import template
from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from common.sql.paging import span_of
from devices.bulk_selection import bulk_bar
from devices.connect_progress import DEVICE_WATCH, progress
from devices.device_state import compromised, totals, with_state
from devices.last_seen import device_rows
from devices.models import Device
from devices.snippets import snippets
from logs.models import LogEntry
from operators.models import Operator
from products.ca_download import read_ca_certificate
from products.models import Product

register = template.Library()

_NEWEST = 20


@register.inclusion_tag("devices/_product_devices.html")
def product_devices(product: Product) -> dict[str, Any]:
    """Counts with links, and the banner when a DeviceName has several ClientIDs."""
    devices = Device.objects.filter(product=product)
    listed = f"{reverse('devices:list')}?product={product.product_key}"
    return {
        "totals": totals(product.product_key),
        "listed": listed,
        "compromised": compromised(devices).exists(),
    }


@register.inclusion_tag("devices/_newest.html")
def newest_devices(product: Product, user: Operator) -> dict[str, Any]:
    """The newest devices of a product, and the way to all of them."""
    newest = with_state(Device.objects.filter(product=product).defer("device_secret"))
    devices = list(newest.select_related("product").order_by("-pk")[:_NEWEST])
    bar = bulk_bar(user, QueryDict(f"product={product.product_key}"), more=len(devices) == _NEWEST)
    return {"rows": device_rows(devices), "product": product, "user": user, "bulk": bar}


@register.inclusion_tag("devices/_connect.html", takes_context=True)
def connect_device(
    context: template.Context, product: Product, revealed: str, user: Operator
) -> dict[str, Any]:
    """Programs with this product's host, port, CA and keys in place."""
    ca = read_ca_certificate()
    return {
        "product": product,
        "snippets": snippets(product, revealed, ca),
        "revealed": bool(revealed),
        "user": user,
        "host": settings.PUBLIC_HOST,
        "port": settings.MQTTS_PORT,
        "ca": ca,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("devices/_watch.html")
def device_watch(device: Device) -> dict[str, Any]:
    """The panel that watches one device until it is connected, from its creation on."""
    made = LogEntry.objects.filter(
        product_key=device.product.product_key,
        device_name=device.device_name,
        operation="add",
    )
    newest = made.order_by("-pk").values_list("pk", flat=True).first() or 0
    seen = progress(device.product.product_key, newest, device.device_name)
    return {
        "product": device.product,
        "device_name": device.device_name,
        "element": DEVICE_WATCH,
        "since": newest,
        "began": int(time.time()),
        "seen": seen,
        "over": seen.connected is not None,
    }


@register.inclusion_tag("devices/_watch.html")
def connect_watch(product: Product) -> dict[str, Any]:
    """The panel that watches what this product's devices do from now on."""
    newest = span_of(LogEntry.objects.all()).last
    return {"product": product, "since": newest, "began": int(time.time())}
