"""QueryDeviceByStatus lists the devices of a product that are in one state, newest first."""

from datetime import UTC, datetime

import pytest
from time_machine import TimeMachineFixture

from devices.models import Device, Session
from operators.models import AccessKey
from products.models import Product
from tests import rpc
from tests.factories import connect_by_secret, make_device, make_product

pytestmark = pytest.mark.django_db
UNACTIVE, ONLINE, OFFLINE, DISABLE = 0, 1, 3, 8


@pytest.fixture
def fleet(product: Product) -> Product:
    """Two devices in each state; of the disabled ones one was never connected, one still is."""
    for state in ("unactive", "online", "offline", "disable"):
        for number in (1, 2):
            device = make_device(product, f"{state}-{number}")
            if state in {"online", "offline"} or (state, number) == ("disable", 2):
                connect_by_secret(device)
    offline = Session.objects.filter(device__device_name__startswith="offline")
    offline.update(ended_at=datetime(2026, 11, 8, tzinfo=UTC))
    Device.objects.filter(device_name__startswith="disable").update(enabled=False)
    neighbour = make_device(make_product(), "online-3")
    connect_by_secret(neighbour)
    return product


@pytest.mark.parametrize("status", [UNACTIVE, ONLINE, OFFLINE, DISABLE])
def test_each_device_is_in_the_list_of_its_state(fleet: Product, status: int) -> None:
    answer = rpc.call("QueryDeviceByStatus", ProductKey=fleet.product_key, Status=status)
    word = {0: "UNACTIVE", 1: "ONLINE", 3: "OFFLINE", 8: "DISABLE"}[status]
    listed = answer["Data"]["SimpleDeviceInfo"]
    assert [(device["DeviceName"], device["Status"]) for device in listed] == [
        (f"{word.lower()}-2", word),
        (f"{word.lower()}-1", word),
    ]
    assert (answer["Page"], answer["PageSize"]) == (1, 10)
    assert (answer["PageCount"], answer["Total"]) == (1, 2)


def test_a_device_is_told_as_the_platform_does(
    product: Product, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(datetime(2026, 11, 8, 22, 5, 3, tzinfo=UTC), tick=False)
    device = make_device(product, "lamp-0001")
    asked = {"ProductKey": product.product_key, "Status": UNACTIVE}
    assert rpc.call("QueryDeviceByStatus", **asked) == {
        "Success": True,
        "Data": {
            "SimpleDeviceInfo": [
                {
                    "IotId": device.iot_id,
                    "ProductKey": product.product_key,
                    "DeviceName": "lamp-0001",
                    "DeviceSecret": device.device_secret,
                    "Nickname": "",
                    "Status": "UNACTIVE",
                    "GmtCreate": "Sun, 08-Nov-2026 22:05:03 GMT",
                    "UtcCreate": "2026-11-08T22:05:03.000Z",
                    "GmtModified": "Sun, 08-Nov-2026 22:05:03 GMT",
                    "UtcModified": "2026-11-08T22:05:03.000Z",
                }
            ]
        },
        "Page": 1,
        "PageSize": 10,
        "PageCount": 1,
        "Total": 1,
    }


@pytest.mark.parametrize("status", [UNACTIVE, ONLINE, OFFLINE, DISABLE])
def test_pages_follow_one_another(fleet: Product, status: int) -> None:
    asked = {"ProductKey": fleet.product_key, "Status": status, "PageSize": 1}
    pages = [rpc.call("QueryDeviceByStatus", CurrentPage=page, **asked) for page in (1, 2, 3)]
    listed = [page["Data"]["SimpleDeviceInfo"] for page in pages]
    assert [len(devices) for devices in listed] == [1, 1, 0]
    assert listed[0][0]["DeviceName"] > listed[1][0]["DeviceName"]
    assert [page["PageCount"] for page in pages] == [2, 2, 2]


def test_beyond_the_ten_thousandth_there_are_no_pages(
    fleet: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.api.lists.FARTHEST", 1)
    asked = {"ProductKey": fleet.product_key, "Status": ONLINE, "PageSize": 1}
    assert rpc.call("QueryDeviceByStatus", CurrentPage=1, **asked)["Success"]
    beyond = rpc.failure("QueryDeviceByStatus", CurrentPage=2, **asked)
    assert beyond == "iot.common.InvalidPageParams"


@pytest.mark.parametrize("status", [2, 9, -1, 10**17])
def test_a_state_that_is_none_is_refused(product: Product, status: int) -> None:
    asked = {"ProductKey": product.product_key, "Status": status}
    assert rpc.refusal("QueryDeviceByStatus", **asked) == (400, "InvalidStatus")


def test_product_and_state_are_needed(product: Product) -> None:
    missing = rpc.refusal("QueryDeviceByStatus", ProductKey=product.product_key)
    assert missing == (400, "MissingStatus")
    assert rpc.refusal("QueryDeviceByStatus", Status=0) == (400, "MissingProductKey")


def test_a_key_that_may_only_read_is_told_no_secrets(fleet: Product, reading: AccessKey) -> None:
    asked = {"ProductKey": fleet.product_key, "Status": ONLINE}
    listed = rpc.data("QueryDeviceByStatus", key=reading, **asked)["SimpleDeviceInfo"]
    assert {device["DeviceSecret"] for device in listed} == {""}
