"""A product that is deleted while somebody adds a device to it."""

import pytest

from common.errors import ConflictError, NotFoundError
from devices.models import Device
from devices.operations.add import add_device
from operators.actor import SHELL
from products.models import Product
from products.operations.manage import delete_product
from tests.factories import make_product
from tests.threads import right_after

pytestmark = pytest.mark.django_db(transaction=True)


def test_either_the_product_goes_or_the_device_comes() -> None:
    product_key = make_product().product_key

    def add() -> bool:
        try:
            add_device(SHELL, product_key, "lamp-0001")
        except NotFoundError:
            return False
        return True

    def delete() -> bool:
        try:
            delete_product(SHELL, product_key)
        except ConflictError:
            return False
        return True

    with right_after('SELECT %s AS "a" FROM "devices_device"', add) as adding:
        deleted = delete()
    assert [each.result() for each in adding] == [not deleted]
    assert (Product.objects.count(), Device.objects.count()) == ((0, 0) if deleted else (1, 1))
