"""QueryDevice lists the devices of a product, newest first."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from devices.api import lists
from devices.models import Device
from products.models import Product
from tests import rpc
from tests.factories import connect_by_secret, make_device, make_product

pytestmark = pytest.mark.django_db
INVALID = "iot.common.InvalidPageParams"


def names(answer: dict[str, object]) -> list[str]:
    listed: dict[str, list[dict[str, str]]] = answer["Data"]  # type: ignore[assignment]
    return [device["DeviceName"] for device in listed["DeviceInfo"]]


@pytest.fixture
def seven(product: Product) -> Product:
    Device.objects.bulk_create(
        Device(product=product, device_name=f"lamp-{number}") for number in range(1, 8)
    )
    return product


def test_a_device_is_told_as_the_platform_does(
    product: Product, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(datetime(2026, 11, 8, 22, 5, 3, 4567, tzinfo=UTC), tick=False)
    device = make_device(product, "lamp@1:2.3")
    assert rpc.call("QueryDevice", ProductKey=product.product_key) == {
        "Success": True,
        "Data": {
            "DeviceInfo": [
                {
                    "IotId": device.iot_id,
                    "ProductKey": product.product_key,
                    "DeviceName": "lamp@1:2.3",
                    "DeviceSecret": device.device_secret,
                    "Nickname": "",
                    "DeviceStatus": "UNACTIVE",
                    "GmtCreate": "Sun, 08-Nov-2026 22:05:03 GMT",
                    "UtcCreate": "2026-11-08T22:05:03.004Z",
                    "GmtModified": "Sun, 08-Nov-2026 22:05:03 GMT",
                    "UtcModified": "2026-11-08T22:05:03.004Z",
                }
            ]
        },
        "NextToken": "",
        "Page": 1,
        "PageSize": 10,
        "PageCount": 1,
        "Total": 1,
    }


def test_what_changes_a_device_is_its_modification(
    product: Product, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(datetime(2026, 11, 8, 22, 0, 0, tzinfo=UTC), tick=False)
    device = make_device(product)
    renamed = [{"IotId": device.iot_id, "Nickname": "porch"}]
    acts: list[tuple[str, dict[str, Any]]] = [
        ("DisableThing", {"IotId": device.iot_id}),
        ("EnableThing", {"IotId": device.iot_id}),
        ("ResetThing", {"IotId": device.iot_id}),
        ("DeleteClientIds", {"IotId": device.iot_id}),
        ("BatchUpdateDeviceNickname", {"DeviceNicknameInfo": renamed}),
    ]
    moments = []
    for minute, (action, asked) in enumerate(acts, 1):
        time_machine.move_to(datetime(2026, 11, 8, 22, minute, 0, tzinfo=UTC), tick=False)
        assert rpc.call(action, **asked)["Success"]
        listed = rpc.data("QueryDevice", ProductKey=product.product_key)["DeviceInfo"]
        moments.append(listed[0]["UtcModified"])
    assert moments == [f"2026-11-08T22:0{minute}:00.000Z" for minute in range(1, 6)]


def test_activation_is_a_modification(product: Product) -> None:
    device = make_device(product)
    connect_by_secret(device)
    device.refresh_from_db()
    listed = rpc.data("QueryDevice", ProductKey=product.product_key)["DeviceInfo"][0]
    assert device.activated_at
    assert listed["UtcModified"] == f"{device.activated_at:%FT%T.%f}"[:-3] + "Z"
    assert listed["DeviceStatus"] == "ONLINE"


def test_the_newest_come_first_page_by_page(seven: Product) -> None:
    pages = [
        rpc.call("QueryDevice", ProductKey=seven.product_key, CurrentPage=number, PageSize=3)
        for number in (1, 2, 3, 4)
    ]
    assert [names(page) for page in pages] == [
        ["lamp-7", "lamp-6", "lamp-5"],
        ["lamp-4", "lamp-3", "lamp-2"],
        ["lamp-1"],
        [],
    ]
    told = [(page["Page"], page["PageSize"], page["PageCount"], page["Total"]) for page in pages]
    assert told == [(number, 3, 3, 7) for number in (1, 2, 3, 4)]
    assert [bool(page["NextToken"]) for page in pages] == [True, True, False, False]


def test_tokens_lead_through_all_devices(seven: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "FARTHEST", 2)
    found, token, page = [], "", 1
    while page == 1 or token:
        answer = rpc.call(
            "QueryDevice",
            ProductKey=seven.product_key,
            CurrentPage=page,
            PageSize=2,
            NextToken=token,
        )
        assert answer["Page"] == page
        found += names(answer)
        token, page = answer["NextToken"], page + 1
    assert found == [f"lamp-{number}" for number in range(7, 0, -1)]


def test_a_token_holds_its_place_while_devices_come_and_go(seven: Product) -> None:
    first = rpc.call("QueryDevice", ProductKey=seven.product_key, PageSize=3)
    make_device(seven, "lamp-8")
    Device.objects.get(device_name="lamp-5").delete()
    following = rpc.call(
        "QueryDevice", ProductKey=seven.product_key, PageSize=3, NextToken=first["NextToken"]
    )
    assert names(following) == ["lamp-4", "lamp-3", "lamp-2"]


def test_beyond_the_ten_thousandth_a_token_is_needed(seven: Product) -> None:
    asked = {"ProductKey": seven.product_key, "PageSize": 50}
    assert rpc.call("QueryDevice", CurrentPage=200, **asked)["Success"]
    assert rpc.failure("QueryDevice", CurrentPage=201, **asked) == INVALID


@pytest.mark.parametrize("token", ["x", "1", "MTIz", "灯", "a" * 500, "MTIzOmFiYw", "=", "Mg=="])
def test_a_token_that_is_none_is_refused(seven: Product, token: str) -> None:
    asked = rpc.failure("QueryDevice", ProductKey=seven.product_key, NextToken=token)
    assert asked == INVALID


def test_a_token_is_good_for_its_own_product_alone(seven: Product) -> None:
    token = rpc.call("QueryDevice", ProductKey=seven.product_key, PageSize=1)["NextToken"]
    other = make_product()
    make_device(other)
    asked = rpc.failure("QueryDevice", ProductKey=other.product_key, NextToken=token)
    assert asked == INVALID


@pytest.mark.parametrize(
    "page", [{"PageSize": 0}, {"PageSize": 51}, {"CurrentPage": 0}, {"CurrentPage": -1}]
)
def test_a_page_that_is_none_is_refused(product: Product, page: dict[str, int]) -> None:
    assert rpc.failure("QueryDevice", ProductKey=product.product_key, **page) == INVALID


def test_a_page_is_not_more_work_for_more_devices(
    seven: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rpc.call("QueryDevice", ProductKey=seven.product_key)
    with django_assert_num_queries(11):  # six of them for the key and its signature
        rpc.call("QueryDevice", ProductKey=seven.product_key, PageSize=50)


def test_another_product_keeps_its_devices_to_itself(seven: Product) -> None:
    other = make_product()
    assert rpc.call("QueryDevice", ProductKey=other.product_key)["Total"] == 0
    assert rpc.failure("QueryDevice", ProductKey="a1Unknown") == "iot.prod.NotExistedProduct"
    assert rpc.refusal("QueryDevice") == (400, "MissingProductKey")
