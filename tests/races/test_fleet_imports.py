"""A fleet moves in while its devices register and another one imports it too."""

from functools import partial

import pytest

from devices.models import ClientBinding, Device
from imports.models import FleetImport
from imports.operations.fleet_imports import apply_import
from operators.actor import SHELL
from products.models import Product
from tests.factories import register_one
from tests.imports.fleet.given import KEY, PRODUCT_SECRET, checked, line, secret_of, table
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_whoever_comes_first_a_device_is_there_once() -> None:
    product = Product.objects.create(
        product_key=KEY, product_secret=PRODUCT_SECRET, name="Lamp", dynamic_registration=True
    )
    rows = table(*(line(number) for number in range(40)))
    fleets = [checked(rows).pk for _ in range(2)]
    names = [f"lamp-{number:04}" for number in range(0, 40, 8)]
    at_once(
        *[partial(apply_import, SHELL, key) for key in fleets],
        *[partial(register_one, product, name) for name in names],
    )
    assert Device.objects.count() == 40
    done = [fleet.done for fleet in FleetImport.objects.order_by("pk")]
    assert all(fleet.state == "done" for fleet in FleetImport.objects.all())
    new = sum(counted.get("devices_new", 0) for counted in done)
    registered_first = Device.objects.filter(preregistered=False).count()
    assert new == 40 - registered_first
    for device in Device.objects.filter(preregistered=True):
        assert device.device_secret == secret_of(int(device.device_name[-4:]))
    assert ClientBinding.objects.count() <= len(names)
