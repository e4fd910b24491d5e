"""QueryClientIds, TransformClientId (Switch) and DeleteClientIds (Clear)."""

from datetime import UTC, datetime, timedelta

import pytest

from devices.models import ClientBinding, Device, Revocation
from operators.models import AccessKey, AuditEntry
from products.models import Product
from protocol.validators import RegistrationMode
from registration.operations.client_id_slots import ClientIdIssued
from tests import rpc
from tests.factories import connect_by_token, issued_client_id, make_device, register_one

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 8, 22, 5, 3, 7000, tzinfo=UTC)
NAME = "460001234567890"


@pytest.fixture
def clones(product: Product) -> list[ClientIdIssued]:
    """Three physical devices under one DeviceName."""
    minute = timedelta(minutes=1)
    return [issued_client_id(product, NAME, now=START + number * minute) for number in range(3)]


@pytest.fixture
def device(product: Product, clones: list[ClientIdIssued]) -> Device:
    return Device.objects.get()


def live(device: Device) -> list[str]:
    rows = device.bindings.filter(voided_at__isnull=True).order_by("pk")
    return list(rows.values_list("client_id", flat=True))


def test_client_ids_are_told_with_when_they_were_issued(
    device: Device, clones: list[ClientIdIssued]
) -> None:
    began = int(START.timestamp() * 1000)
    assert rpc.call("QueryClientIds", IotId=device.iot_id) == {
        "Success": True,
        "Code": "Success",
        "Data": {
            "IotId": device.iot_id,
            "DynamicRegClientIds": [
                {"ClientId": issued.client_id, "CreateTime": began + number * 60_000}
                for number, issued in enumerate(clones)
            ],
        },
    }


def test_in_xml_they_are_a_plain_list_too(device: Device, clones: list[ClientIdIssued]) -> None:
    response = rpc.send("QueryClientIds", accept="XML", v1=True, IotId=device.iot_id)
    body = response.content.decode()
    assert body.count("<DynamicRegClientIds><ClientId>") == 3
    assert "<QueryClientIdsResponse>" in body


def test_a_device_without_any_has_an_empty_list(product: Product) -> None:
    device = make_device(product)
    told = rpc.data("QueryClientIds", IotId=device.iot_id)
    assert told == {"IotId": device.iot_id, "DynamicRegClientIds": []}


def test_switch_keeps_one(device: Device, clones: list[ClientIdIssued]) -> None:
    kept = clones[1].client_id
    answer = rpc.call("TransformClientId", IotId=device.iot_id, ClientId=kept)
    assert answer == {"Success": True, "Code": "Success"}
    assert live(device) == [kept]
    device.refresh_from_db()
    assert device.registration_refused
    assert Revocation.objects.get().keep_client_id == kept
    entry = AuditEntry.objects.get(act="device.switch")
    assert entry.text == f"Kept ClientID {kept}, blocked 2 others"
    assert entry.access_key == rpc.key_for().label


def test_clear_keeps_none(product: Product, device: Device, clones: list[ClientIdIssued]) -> None:
    connect_by_token(product, NAME, clones[0])
    answer = rpc.call("DeleteClientIds", IotId=device.iot_id)
    assert answer == {"Success": True, "Code": "Success"}
    assert live(device) == []
    assert AuditEntry.objects.get(act="device.clear").text == "Blocked 3 ClientIDs"
    again = issued_client_id(product, NAME)
    assert live(device) == [again.client_id]


def test_no_action_lifts_the_block_that_switch_has_set(
    product: Product, device: Device, clones: list[ClientIdIssued]
) -> None:
    of_device = {"IotId": device.iot_id}
    rpc.call("TransformClientId", **of_device, ClientId=clones[0].client_id)
    for action in ("DeleteClientIds", "ResetThing", "DisableThing", "EnableThing"):
        rpc.call(action, **of_device)
        device.refresh_from_db()
        assert device.registration_refused, action
    outcome = register_one(product, NAME, RegistrationMode.REGNWL)
    assert getattr(outcome, "reason", "") == "registration_refused"


@pytest.mark.parametrize("whose", ["nobody's", "another device's", "void"])
def test_a_client_id_not_of_the_device_changes_nothing(
    product: Product, device: Device, clones: list[ClientIdIssued], whose: str
) -> None:
    other = issued_client_id(product, "460009999999999").client_id
    void = clones[2].client_id
    ClientBinding.objects.filter(client_id=void).update(voided_at=START)
    client_id = {"nobody's": "灯+&=*~/%", "another device's": other, "void": void}[whose]
    before = live(device)
    code = rpc.failure("TransformClientId", IotId=device.iot_id, ClientId=client_id)
    assert code == "iot.common.InvalidFormattedParameter"
    assert live(device) == before
    device.refresh_from_db()
    assert not device.registration_refused
    assert not Revocation.objects.exists()
    assert not AuditEntry.objects.filter(act="device.switch").exists()


@pytest.mark.parametrize("action", ["QueryClientIds", "TransformClientId", "DeleteClientIds"])
def test_they_are_asked_for_by_iot_id_alone(product: Product, action: str) -> None:
    device = make_device(product)
    names = {"ProductKey": product.product_key, "DeviceName": device.device_name}
    assert rpc.refusal(action, ClientId="any", **names) == (400, "MissingIotId")
    unknown = rpc.failure(action, IotId="unknown", ClientId="any")
    assert unknown == "iot.device.NotExistedDevice"


def test_switch_needs_the_one_to_keep(device: Device) -> None:
    assert rpc.refusal("TransformClientId", IotId=device.iot_id) == (400, "MissingClientId")


@pytest.mark.parametrize("action", ["TransformClientId", "DeleteClientIds"])
def test_reading_keys_cut_nobody_off(
    device: Device, clones: list[ClientIdIssued], reading: AccessKey, action: str
) -> None:
    asked = {"IotId": device.iot_id, "ClientId": clones[0].client_id}
    assert rpc.refusal(action, key=reading, **asked) == (403, "Forbidden.RAM")
    assert len(live(device)) == 3
