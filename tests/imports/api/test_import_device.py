"""ImportDevice adds a device that has its DeviceSecret already."""

from typing import Any

import pytest
from django.test import Client

from devices.models import Device
from logs.models import LogEntry
from operators.models import AccessKey, AuditEntry
from products.models import Product
from tests import rpc
from tests.console.dom import text, tree
from tests.factories import connect_by_secret, make_device
from tests.rpc_fixtures import GrantedKey

pytestmark = pytest.mark.django_db
ACTION = "ImportDevice"
MALFORMED = "iot.common.InvalidFormattedParameter"
SECRET = "Br1ng-your_own@.:"


def given(product: Product, **more: str | None) -> dict[str, Any]:
    good = {
        "ProductKey": product.product_key,
        "DeviceName": "lamp-1",
        "DeviceSecret": SECRET,
        "Nickname": "灯",
        "Sn": "SN_0001",
    }
    return good | more


def test_it_is_there_with_the_secret_it_had(product: Product, console: Client) -> None:
    data = rpc.data(ACTION, **given(product))
    device = Device.objects.get()
    assert data == {
        "IotId": device.iot_id,
        "ProductKey": product.product_key,
        "DeviceName": "lamp-1",
        "DeviceSecret": SECRET,
        "Nickname": "灯",
        "Sn": "SN_0001",
    }
    connect_by_secret(device)
    assert device.device_secret == SECRET
    assert "SN_0001" in text(tree(console.get(device.get_absolute_url())))


def test_what_need_not_be_given_is_empty(product: Product) -> None:
    data = rpc.data(ACTION, **given(product, Nickname=None, Sn=None))
    assert (data["Nickname"], data["Sn"]) == ("", "")


def test_no_trail_tells_the_secret(product: Product) -> None:
    rpc.data(ACTION, **given(product))
    entry = AuditEntry.objects.get(act="device.add")
    assert entry.text == "Imported device lamp-1 with its existing DeviceSecret"
    assert SECRET not in f"{entry.facts} {LogEntry.objects.get().detail}"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DeviceName", "aw", "iot.device.InvalidFormattedDeviceName"),
        ("DeviceName", "灯+&=*~/%", "iot.device.InvalidFormattedDeviceName"),
        ("DeviceName", "x" * 5000, "iot.device.InvalidFormattedDeviceName"),
        ("DeviceName", "taken-1", "iot.device.AlreadyExistedDeviceName"),
        ("DeviceSecret", "x" * 33, MALFORMED),
        ("DeviceSecret", "+&=*~/%", MALFORMED),
        ("DeviceSecret", "密钥", MALFORMED),
        ("DeviceSecret", " secret", MALFORMED),
        ("Nickname", "+&=*~/%", "iot.device.InvalidDeviceNickNameExisted"),
        ("Nickname", "灯" * 33, "iot.device.InvalidDeviceNickNameExisted"),
        ("Sn", "x" * 65, MALFORMED),
        ("Sn", "SN-1", MALFORMED),
        ("Sn", "灯", MALFORMED),
        ("ProductKey", "+&=*~/%", "iot.prod.NotExistedProduct"),
    ],
)
def test_bad_values_are_refused(product: Product, name: str, value: str, code: str) -> None:
    make_device(product, "taken-1")
    assert rpc.failure(ACTION, **given(product, **{name: value})) == code
    assert Device.objects.count() == 1


@pytest.mark.parametrize("secret", ["s", "x" * 32])
def test_a_secret_has_one_to_32_characters(product: Product, secret: str) -> None:
    assert rpc.data(ACTION, **given(product, DeviceSecret=secret))["DeviceSecret"] == secret


@pytest.mark.parametrize("name", ["ProductKey", "DeviceName", "DeviceSecret"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_it_needs(product: Product, name: str, value: str | None) -> None:
    refused = rpc.refusal(ACTION, **given(product, **{name: value}))
    assert refused == (400, f"Missing{name}")


def test_who_may_not_change_the_product_imports_nothing(
    product: Product, reading: AccessKey, granted_key: GrantedKey
) -> None:
    for key in (reading, granted_key(product, False)):
        assert rpc.refusal(ACTION, key=key, **given(product)) == (403, "Forbidden.RAM")
    assert not Device.objects.exists()
