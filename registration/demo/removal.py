"""Taking the demonstration away again."""

from django.db import transaction
from django.db.models import Q

from devices.models import LogEntry
from devices.operations.manage import delete_device
from operators.actor import SHELL
from products.operations.manage import delete_product, set_published
from registration.demo.cast import demo_products
from registration.demo.story import STRANGERS_KEY


def remove() -> int:
    """Delete products, devices and log entries of the demonstration; returns how many devices."""
    removed = 0
    with transaction.atomic():
        products = demo_products()
        for product in products:
            for device in product.devices.all():
                delete_device(SHELL, product.product_key, device.device_name)
                removed += 1
            if product.published:
                set_published(SHELL, product.product_key, published=False)
            delete_product(SHELL, product.product_key)
        keys = Q(product_key__in=[product.product_key for product in products])
        LogEntry.objects.filter(keys | Q(product_key=STRANGERS_KEY)).delete()
    return removed
