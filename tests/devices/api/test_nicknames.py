"""BatchUpdateDeviceNickname gives devices other aliases: all of them, or none."""

from typing import Any

import pytest

from devices.models import Device
from operators.models import AuditEntry
from products.models import Product
from tests import rpc
from tests.factories import make_device, make_product
from tests.rpc_fixtures import GrantedKey

pytestmark = pytest.mark.django_db
ACTION = "BatchUpdateDeviceNickname"


@pytest.fixture
def lamps(product: Product) -> list[Device]:
    return [make_device(product, f"lamp-{number}") for number in (1, 2, 3)]


def nicknames() -> list[str]:
    return list(Device.objects.order_by("pk").values_list("nickname", flat=True))


def by_name(device: Device, **more: str) -> dict[str, str]:
    names = {"ProductKey": device.product.product_key, "DeviceName": device.device_name}
    return names | more


def test_aliases_are_given_and_taken(lamps: list[Device]) -> None:
    Device.objects.update(nickname="lamp")
    wanted = [
        by_name(lamps[0], Nickname="门口的灯"),
        {"IotId": lamps[1].iot_id},
        {"IotId": lamps[2].iot_id, "ProductKey": "a1Unknown", "Nickname": "lamp"},
    ]
    assert rpc.call(ACTION, DeviceNicknameInfo=wanted) == {"Success": True}
    assert nicknames() == ["门口的灯", "", "lamp"]
    told = [entry.text for entry in AuditEntry.objects.filter(act="device.alias").order_by("pk")]
    assert told == [
        "Changed the alias from “lamp” to “门口的灯”",
        "Changed the alias from “lamp” to “”",
    ]


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ({"IotId": "unknown", "Nickname": "porch"}, "iot.device.NotExistedDevice"),
        ({"ProductKey": "a1Unknown", "DeviceName": "lamp-1"}, "iot.device.NotExistedDevice"),
        ({"Nickname": "porch"}, "iot.prod.NullProductKey"),
        ({"DeviceName": "lamp-1"}, "iot.prod.NullProductKey"),
        ({"ProductKey": "a1Unknown"}, "iot.device.NullDeviceName"),
    ],
)
def test_one_that_is_not_there_stops_all(
    lamps: list[Device], last: dict[str, str], code: str
) -> None:
    wanted = [by_name(lamps[0], Nickname="porch"), last]
    assert rpc.failure(ACTION, DeviceNicknameInfo=wanted) == code
    assert nicknames() == ["", "", ""]


@pytest.mark.parametrize("nickname", ["abc", "x" * 65, "灯" * 33, "+&=*~/%"])
def test_one_bad_alias_stops_all(lamps: list[Device], nickname: str) -> None:
    wanted = [by_name(lamps[0], Nickname="porch"), by_name(lamps[1], Nickname=nickname)]
    code = rpc.failure(ACTION, DeviceNicknameInfo=wanted)
    assert code == "iot.device.InvalidDeviceNickNameExisted"
    assert nicknames() == ["", "", ""]


@pytest.mark.parametrize("again", ["same", "other"])
def test_a_device_is_named_once(lamps: list[Device], again: str) -> None:
    first = by_name(lamps[0], Nickname="porch")
    named = first if again == "same" else {"IotId": lamps[0].iot_id}
    code = rpc.failure(ACTION, DeviceNicknameInfo=[first, named])
    assert code == "iot.common.InvalidFormattedParameter"
    assert nicknames() == ["", "", ""]


@pytest.mark.parametrize("wanted", [None, [{"IotId": f"id-{n}"} for n in range(101)], {"x": "y"}])
def test_a_hundred_at_a_time(db: None, wanted: Any) -> None:
    code = "MissingDeviceNicknameInfo" if wanted is None else "InvalidDeviceNicknameInfo"
    assert rpc.refusal(ACTION, DeviceNicknameInfo=wanted) == (400, code)


def test_a_hundred_are_renamed_in_one_call(product: Product) -> None:
    made = [make_device(product) for _ in range(100)]
    wanted = [by_name(device, Nickname=f"lamp {number:03}") for number, device in enumerate(made)]
    assert rpc.call(ACTION, DeviceNicknameInfo=wanted) == {"Success": True}
    assert nicknames() == [f"lamp {number:03}" for number in range(100)]


def test_products_to_look_at_only_are_left_alone(
    lamps: list[Device], granted_key: GrantedKey
) -> None:
    own = make_device(make_product())
    granted_key(own.product, True)
    key = granted_key(lamps[0].product, False)
    wanted = [by_name(own, Nickname="porch"), by_name(lamps[0], Nickname="porch")]
    refused = rpc.refusal(ACTION, key=key, DeviceNicknameInfo=wanted)
    assert refused == (403, "Forbidden.RAM")
    assert nicknames() == ["", "", "", ""]
