"""Secrets are told to keys that may change the devices, and that leaves a trace."""

import pytest
from django.utils import timezone

from common.web.rpc_parameters import Parameters
from devices.api.telling import secrets_of
from devices.models import Device
from operators.models import AccessKey, AccessKeyScope, AuditEntry
from operators.operations.access_key_use import api_actor
from operators.rpc_registry import Call
from products.models import Product
from tests import rpc
from tests.factories import make_device, make_product
from tests.rpc_fixtures import GrantedKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(product: Product) -> Device:
    return make_device(product)


def told(device: Device, key: AccessKey) -> list[str]:
    """All secrets that the API tells of a device and its product."""
    of_product = {"ProductKey": device.product.product_key}
    listed = rpc.data("QueryDevice", key=key, **of_product)["DeviceInfo"]
    asked = {"key": key, "Status": 0, **of_product}
    by_status = rpc.data("QueryDeviceByStatus", **asked)["SimpleDeviceInfo"]
    return [
        listed[0]["DeviceSecret"],
        by_status[0]["DeviceSecret"],
        rpc.data("QueryDeviceDetail", key=key, IotId=device.iot_id)["DeviceSecret"],
        rpc.data("QueryDeviceInfo", key=key, IotId=device.iot_id)["DeviceSecret"],
        rpc.data("QueryProduct", key=key, **of_product)["ProductSecret"],
    ]


def trail() -> list[tuple[str, str, str]]:
    entries = AuditEntry.objects.filter(origin="api").order_by("pk")
    return [(entry.act, entry.target, entry.access_key) for entry in entries]


@pytest.mark.parametrize("scope", [AccessKeyScope.DEVICES, AccessKeyScope.EVERYTHING])
def test_a_key_for_devices_is_told_them_which_is_audited(
    device: Device, scope: AccessKeyScope
) -> None:
    key, product = rpc.key_for(scope), device.product
    assert told(device, key) == [device.device_secret] * 4 + [product.product_secret]
    assert trail() == [
        ("device.reveal", product.target, key.label),
        ("product.reveal", product.target, key.label),
    ]
    words = AuditEntry.objects.get(act="device.reveal").text
    assert words == "Read DeviceSecrets through the API (recorded once an hour)"


def test_a_key_that_may_only_read_is_told_none(device: Device, reading: AccessKey) -> None:
    assert told(device, reading) == [""] * 5
    assert trail() == []


def test_an_account_that_may_only_look_at_the_product_is_told_none(
    device: Device, granted_key: GrantedKey
) -> None:
    assert told(device, granted_key(device.product, False)) == [""] * 5
    assert trail() == []


def test_each_key_and_product_is_noted_by_itself(device: Device) -> None:
    other = make_device(make_product())
    keys = rpc.key_for(AccessKeyScope.DEVICES), rpc.key_for(AccessKeyScope.EVERYTHING)
    for each in (device, other, device):
        for key in keys:
            rpc.data("QueryDeviceInfo", key=key, IotId=each.iot_id)
    assert trail() == [
        ("device.reveal", each.product.target, key.label)
        for each in (device, other)
        for key in keys
    ]


def test_an_empty_list_tells_nothing(product: Product) -> None:
    rpc.data("QueryDevice", ProductKey=product.product_key)
    assert trail() == []


def test_a_device_deleted_meanwhile_has_none(device: Device) -> None:
    key, other = rpc.key_for(), make_device(device.product)
    listed = [device, other]
    Device.objects.filter(pk=device.pk).delete()
    call = Call(Parameters({}), api_actor(key, None), timezone.now(), AccessKeyScope.DEVICES)
    assert secrets_of(call, listed) == {device.pk: "", other.pk: other.device_secret}
