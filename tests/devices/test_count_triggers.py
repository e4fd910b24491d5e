"""DeviceCount is what counting would say, whoever wrote what."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from devices.device_state import totals
from devices.models import Device, DeviceCount
from devices.operations.fold_counts import fold_counts
from devices.operations.manage import delete_device
from operators.actor import SHELL
from products.models import Product
from tests.factories import connect_by_secret, make_device, make_product
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def kept() -> dict[int, tuple[int, int]]:
    sums = DeviceCount.objects.values_list("product").annotate(Sum("total"), Sum("activated"))
    return {product: (total, activated) for product, total, activated in sums if total}


def counted() -> dict[int, tuple[int, int]]:
    devices = Device.objects.order_by().values_list("product")
    counts = devices.annotate(Count("pk"), Count("activated_at"))
    return {product: (total, activated) for product, total, activated in counts}


def some_life(product: Product) -> None:
    """Devices come alone and in numbers, are activated, are deleted."""
    connect_by_secret(make_device(product, "lamp-0001"))
    make_device(product, "lamp-0002")
    now = timezone.now()
    Device.objects.bulk_create(
        Device(product=product, device_name=f"bulk-{n}", activated_at=now if n % 2 else None)
        for n in range(5)
    )
    again = Device(product=product, device_name="bulk-1")
    new = Device(product=product, device_name="bulk-9")
    Device.objects.bulk_create([again, new], ignore_conflicts=True)
    Device.objects.filter(device_name__in=["bulk-0", "bulk-1"]).update(activated_at=now)
    Device.objects.filter(device_name="bulk-3").update(activated_at=None)
    Device.objects.filter(device_name="bulk-4").delete()
    delete_device(SHELL, product.product_key, "lamp-0002")


def test_it_is_what_counting_would_say() -> None:
    for product in (make_product(), make_product()):
        some_life(product)
    assert kept() == counted()
    assert set(kept().values()) == {(6, 3)}


def test_what_is_rolled_back_is_not_counted() -> None:
    product = make_product()
    make_device(product)
    with transaction.atomic():
        make_device(product)
        transaction.set_rollback(True)
    assert totals(product.product_key).total == 1


def test_folding_changes_no_count_and_leaves_one_row_per_product() -> None:
    some_life(make_product())
    some_life(make_product())
    before = kept()
    fold_counts(timezone.now())
    fold_counts(timezone.now())
    assert kept() == before
    assert DeviceCount.objects.count() == 2


def test_what_comes_after_folding_is_counted_too() -> None:
    product = make_product()
    some_life(product)
    fold_counts(timezone.now())
    make_device(product)
    assert kept() == counted()
    fold_counts(timezone.now())
    assert kept() == counted()


def test_a_deleted_product_takes_its_counts_along() -> None:
    product = make_product()
    make_device(product, "lamp-0001")
    delete_device(SHELL, product.product_key, "lamp-0001")
    product.delete()
    assert not DeviceCount.objects.exists()


def test_triggers_that_a_migration_has_lost_are_put_back_and_all_is_counted() -> None:
    """On SQLite, changing a table makes it anew, without its triggers."""
    product = make_product()
    make_device(product)
    with connection.cursor() as cursor:
        on_table = " ON devices_device" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER device_count_insert{on_table}")
    make_device(product)
    assert kept() != counted()
    call_command("migrate", verbosity=0)
    assert kept() == counted()
    make_device(product)
    assert kept() == counted()


@pytest.mark.django_db(transaction=True)
def test_writers_and_folders_at_once_lose_nothing() -> None:
    product = make_product()

    def write() -> None:
        for _ in range(5):
            connect_by_secret(make_device(product))

    def fold() -> None:
        for _ in range(5):
            fold_counts(timezone.now())

    at_once(write, write, fold, fold)
    fold_counts(timezone.now())
    assert kept() == counted() == {product.pk: (10, 10)}
