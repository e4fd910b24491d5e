"""Taking the demonstration away again."""

from django.db import transaction
from django.db.models import Q

from devices.operations.manage_many import MOST, delete
from iotconsole.demo.objects import demo_products
from iotconsole.demo.scenario import STRANGERS_KEY
from logs.models import LogEntry, LogTally
from operators.actor import SHELL
from products.operations.manage import delete_product, set_published


def remove() -> int:
    """Delete all that is of the demonstration; returns how many devices that were."""
    removed = 0
    with transaction.atomic():
        products = demo_products()
        for product in products:
            while keys := list(product.devices.values_list("pk", flat=True)[:MOST]):
                removed += len(delete(SHELL, keys).changed)
            if product.published:
                set_published(SHELL, product.product_key, published=False)
            delete_product(SHELL, product.product_key)
        ours = Q(product_key__in=[product.product_key for product in products])
        LogEntry.objects.filter(ours | Q(product_key=STRANGERS_KEY)).delete()
        LogTally.objects.filter(ours).delete()
    return removed
