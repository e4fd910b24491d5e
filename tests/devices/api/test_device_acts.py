"""DisableThing, EnableThing, ResetThing and DeleteDevice do what the console does."""

from typing import Any

import pytest

from devices.api import naming
from devices.models import ClientBinding, Device, Revocation
from devices.operations.manage import delete_device
from logs.models import LogEntry
from operators.actor import SHELL
from operators.models import AccessKey, AuditEntry
from products.models import Product
from tests import rpc
from tests.factories import (
    connect_by_secret,
    issued_client_id,
    issued_secret,
    make_device,
    make_product,
)
from tests.rpc_fixtures import GrantedKey

pytestmark = pytest.mark.django_db
ACTS = ["DisableThing", "EnableThing", "ResetThing", "DeleteDevice"]


@pytest.fixture
def device(product: Product) -> Device:
    return make_device(product, "lamp-0001")


def test_disabled_is_cut_off_until_enabled(device: Device) -> None:
    assert rpc.call("DisableThing", IotId=device.iot_id) == {"Success": True}
    assert not Device.objects.filter(enabled=True).exists()
    assert Revocation.objects.get().device_id == device.pk
    assert rpc.call("EnableThing", IotId=device.iot_id) == {"Success": True}
    assert Device.objects.filter(enabled=True).exists()
    told = AuditEntry.objects.filter(target=device.target).order_by("pk")
    assert [entry.text for entry in told][1:] == ["Disabled the device", "Enabled the device"]
    assert [entry.access_key for entry in told][1:] == [rpc.key_for().label] * 2


@pytest.mark.parametrize("action", ["DisableThing", "EnableThing"])
def test_a_call_sent_twice_has_succeeded(device: Device, action: str) -> None:
    Device.objects.update(enabled=action == "DisableThing")
    for _ in range(2):
        assert rpc.call(action, IotId=device.iot_id) == {"Success": True}
    assert AuditEntry.objects.filter(origin="api").count() == 1


def test_reset_lets_it_register_again_for_the_same_secret(product: Product, device: Device) -> None:
    connect_by_secret(device)
    assert rpc.call("ResetThing", IotId=device.iot_id) == {"Success": True}
    assert rpc.data("GetDeviceStatus", IotId=device.iot_id)["Status"] == "ONLINE"
    assert issued_secret(product, "lamp-0001") == device.device_secret


def test_deleted_is_gone_and_its_iot_id_void(product: Product, device: Device) -> None:
    assert rpc.call("DeleteDevice", IotId=device.iot_id) == {"Success": True}
    assert not Device.objects.exists()
    assert Revocation.objects.get().device_id == device.pk
    make_device(product, "lamp-0001")
    again = rpc.failure("DeleteDevice", IotId=device.iot_id)
    assert again == "iot.device.NotExistedDevice"
    assert Device.objects.count() == 1


@pytest.mark.parametrize("action", ACTS)
def test_reading_keys_do_nothing(device: Device, reading: AccessKey, action: str) -> None:
    refused = rpc.refusal(action, key=reading, IotId=device.iot_id)
    assert refused == (403, "Forbidden.RAM")


@pytest.mark.parametrize("action", [*ACTS, "TransformClientId", "DeleteClientIds"])
def test_a_product_to_look_at_is_not_changed(
    device: Device, granted_key: GrantedKey, action: str
) -> None:
    key = granted_key(device.product, False)
    before = LogEntry.objects.count()
    refused = rpc.refusal(action, key=key, IotId=device.iot_id, ClientId="any")
    assert refused == (403, "Forbidden.RAM")
    assert LogEntry.objects.count() == before


@pytest.mark.parametrize("action", [*ACTS, "TransformClientId", "DeleteClientIds"])
def test_a_foreign_device_does_not_exist(
    device: Device, granted_key: GrantedKey, action: str
) -> None:
    key = granted_key(make_product(), True)
    refused = rpc.failure(action, key=key, IotId=device.iot_id, ClientId="any")
    assert refused == "iot.device.NotExistedDevice"


@pytest.mark.parametrize("action", [*ACTS, "TransformClientId", "DeleteClientIds"])
def test_a_device_that_got_the_name_meanwhile_is_left_alone(
    product: Product, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = issued_client_id(product, "lamp-0001")
    device = Device.objects.get()
    make_device(product, "bystander")
    check = naming.require_change

    def check_then_replace(*asked: Any) -> None:
        check(*asked)
        delete_device(SHELL, product.product_key, "lamp-0001")
        issued_client_id(product, "lamp-0001")

    monkeypatch.setattr(naming, "require_change", check_then_replace)
    refused = rpc.failure(action, IotId=device.iot_id, ClientId=issued.client_id)
    unknown_client_id = "iot.common.InvalidFormattedParameter"
    assert refused == (
        unknown_client_id if action == "TransformClientId" else "iot.device.NotExistedDevice"
    )
    assert not AuditEntry.objects.filter(origin="api").exists()
    assert ClientBinding.objects.get().voided_at is None
