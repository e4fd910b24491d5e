"""RegisterDevice adds one device."""

import pytest

from devices.models import Device
from operators.models import AccessKey, AuditEntry
from products.models import Product
from tests import rpc
from tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_a_device_is_added_with_its_secret(product: Product) -> None:
    asked = {"ProductKey": product.product_key, "DeviceName": "a4:cf@12.x_-Z", "Nickname": "门口灯"}
    answer = rpc.call("RegisterDevice", **asked)
    device = Device.objects.get()
    assert answer == {
        "Success": True,
        "Data": {
            "IotId": device.iot_id,
            "ProductKey": product.product_key,
            "DeviceName": "a4:cf@12.x_-Z",
            "DeviceSecret": device.device_secret,
            "Nickname": "门口灯",
        },
    }
    assert (device.product, device.device_name) == (product, "a4:cf@12.x_-Z")
    entry = AuditEntry.objects.get(act="device.add")
    assert (entry.origin, entry.access_key) == ("api", rpc.key_for().label)


def test_a_device_without_a_name_gets_one(product: Product) -> None:
    told = rpc.data("RegisterDevice", ProductKey=product.product_key)
    assert told["DeviceName"] == Device.objects.get().device_name
    assert told["Nickname"] == ""


def test_a_name_is_taken_once_in_a_product(product: Product) -> None:
    for each in (product, make_product()):
        asked = {"ProductKey": each.product_key, "DeviceName": "lamp-0001"}
        assert rpc.call("RegisterDevice", **asked)["Success"]
        assert rpc.failure("RegisterDevice", **asked) == "iot.device.AlreadyExistedDeviceName"
    assert Device.objects.count() == 2


@pytest.mark.parametrize("name", ["abc", "x" * 33, "灯灯灯灯", "a b c d", "+&=*~/%", "lamp\n0001"])
def test_a_name_that_breaks_the_rule_is_refused(product: Product, name: str) -> None:
    asked = {"ProductKey": product.product_key, "DeviceName": name}
    assert rpc.failure("RegisterDevice", **asked) == "iot.device.InvalidFormattedDeviceName"
    assert not Device.objects.exists()


@pytest.mark.parametrize("nickname", ["abc", "x" * 65, "灯" * 33, "+&=*~/%"])
def test_an_alias_that_breaks_the_rule_is_refused(product: Product, nickname: str) -> None:
    asked = {"ProductKey": product.product_key, "Nickname": nickname}
    assert rpc.failure("RegisterDevice", **asked) == "iot.device.InvalidDeviceNickNameExisted"
    assert not Device.objects.exists()


def test_it_takes_a_key_for_devices(product: Product, reading: AccessKey) -> None:
    asked = {"ProductKey": product.product_key}
    assert rpc.refusal("RegisterDevice", key=reading, **asked) == (403, "Forbidden.RAM")
    assert not Device.objects.exists()
