"""`manage.py add_device`."""

import pytest

from devices.models import Device
from tests.factories import make_product
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


def test_it_prints_the_device_certificate_as_json() -> None:
    product = make_product()
    told = answer("add_device", product.product_key, "lamp-0001")
    device = Device.objects.get()
    assert told == {
        "product_key": product.product_key,
        "device_name": "lamp-0001",
        "device_secret": device.device_secret,
        "iot_id": device.iot_id,
    }


def test_it_prints_the_device_secret_in_words() -> None:
    told = words("add_device", make_product().product_key, "lamp-0001")
    assert Device.objects.get().device_secret in told


def test_the_nickname_is_kept() -> None:
    answer("add_device", make_product().product_key, "lamp-0001", "--nickname", "Kitchen lamp")
    assert Device.objects.get().nickname == "Kitchen lamp"


@pytest.mark.parametrize("name", ["abc", "with space", "", "x" * 33])
def test_a_bad_name_is_refused_with_the_field_named(name: str) -> None:
    assert failure("add_device", make_product().product_key, name)["field"] == "device_name"


def test_a_name_in_use_is_refused() -> None:
    product = make_product()
    answer("add_device", product.product_key, "lamp-0001")
    assert "already" in failure("add_device", product.product_key, "lamp-0001")["error"]


def test_an_unknown_product_is_refused_with_the_field_named() -> None:
    assert failure("add_device", "a1nosuchkey", "lamp-0001")["field"] == "product_key"
