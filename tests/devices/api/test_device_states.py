"""GetDeviceStatus, BatchGetDeviceState and QueryDeviceStatistics tell who is where."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from devices.models import Device, Session
from products.models import Product
from tests import rpc
from tests.factories import connect_by_secret, make_device, make_product
from tests.rpc_fixtures import GrantedKey

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 8, 22, 5, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: int) -> int:
    return int((START + minutes * MINUTE).timestamp() * 1000)


@pytest.fixture
def device(product: Product, time_machine: TimeMachineFixture) -> Device:
    time_machine.move_to(START, tick=False)
    return make_device(product, "lamp-0001")


def status_of(device: Device) -> dict[str, object]:
    told: dict[str, object] = rpc.data("GetDeviceStatus", IotId=device.iot_id)
    return told


def test_a_status_comes_with_the_time_it_began(
    device: Device, time_machine: TimeMachineFixture
) -> None:
    assert status_of(device) == {"Status": "UNACTIVE", "Timestamp": at(0)}
    time_machine.move_to(START + MINUTE, tick=False)
    connect_by_secret(device)
    time_machine.move_to(START + 5 * MINUTE, tick=False)
    assert status_of(device) == {"Status": "ONLINE", "Timestamp": at(1)}
    Session.objects.update(ended_at=START + 2 * MINUTE)
    assert status_of(device) == {"Status": "OFFLINE", "Timestamp": at(2)}
    rpc.call("DisableThing", IotId=device.iot_id)
    assert status_of(device) == {"Status": "DISABLE", "Timestamp": at(5)}


def test_states_of_many_devices(device: Device, time_machine: TimeMachineFixture) -> None:
    make_device(device.product, "lamp-0002")
    time_machine.move_to(START + MINUTE, tick=False)
    connect_by_secret(device)
    asked = {"ProductKey": device.product.product_key, "DeviceName": ["lamp-0001", "lamp-0002"]}
    answer = rpc.call("BatchGetDeviceState", **asked)
    states = answer["DeviceStatusList"].pop("DeviceStatus")
    assert answer == {"Success": True, "DeviceStatusList": {}}
    assert states[0] == {
        "IotId": device.iot_id,
        "DeviceId": device.iot_id,
        "DeviceName": "lamp-0001",
        "Status": "ONLINE",
        "Timestamp": at(1),
        "LastOnlineTime": "2026-11-09 06:06:03",
        "AsAddress": "192.0.2.8",
    }
    told = [states[1][name] for name in ("Status", "Timestamp", "LastOnlineTime", "AsAddress")]
    assert told == ["UNACTIVE", at(0), "", ""]


def test_states_come_in_the_order_asked_for_and_as_often(product: Product) -> None:
    for name in ("lamp-1", "lamp-2", "lamp-3"):
        make_device(product, name)
    make_device(make_product(), "lamp-2")
    names = ["lamp-3", "lamp-1", "unknown", "lamp-3", "lamp-2"]
    answer = rpc.call("BatchGetDeviceState", ProductKey=product.product_key, DeviceName=names)
    told = [state["DeviceName"] for state in answer["DeviceStatusList"]["DeviceStatus"]]
    assert told == ["lamp-3", "lamp-1", "lamp-3", "lamp-2"]


def test_iot_ids_name_devices_of_several_products(device: Device) -> None:
    other = make_device(make_product())
    asked = {"IotId": [other.iot_id, device.iot_id], "DeviceName": ["nobody"]}
    states = rpc.call("BatchGetDeviceState", **asked)["DeviceStatusList"]["DeviceStatus"]
    assert [state["IotId"] for state in states] == [other.iot_id, device.iot_id]


def test_states_are_asked_for_together(
    product: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    names = [make_device(product).device_name for _ in range(50)]
    rpc.call("GetDeviceStatus", ProductKey=product.product_key, DeviceName=names[0])
    with django_assert_num_queries(8):  # six of them for the key and its signature
        answer = rpc.call("BatchGetDeviceState", ProductKey=product.product_key, DeviceName=names)
    assert len(answer["DeviceStatusList"]["DeviceStatus"]) == 50


def test_more_than_fifty_are_refused(product: Product) -> None:
    names = [f"lamp-{number}" for number in range(51)]
    asked = {"ProductKey": product.product_key, "DeviceName": names}
    assert rpc.refusal("BatchGetDeviceState", **asked) == (400, "InvalidDeviceName")
    assert rpc.refusal("BatchGetDeviceState", IotId=names) == (400, "InvalidIotId")


def test_names_need_a_product_and_a_product_names() -> None:
    no_product = rpc.failure("BatchGetDeviceState", DeviceName=["lamp-0001"])
    assert no_product == "iot.prod.NullProductKey"
    no_names = rpc.failure("BatchGetDeviceState", ProductKey="a1Unknown")
    assert no_names == "iot.device.NoneDeviceNameElement"


def test_statistics_count_a_product_or_all(product: Product, granted_key: GrantedKey) -> None:
    connect_by_secret(make_device(product))
    make_device(product)
    other = make_product()
    make_device(other)
    one = {"deviceCount": 2, "activeCount": 1, "onlineCount": 1}
    assert rpc.data("QueryDeviceStatistics", ProductKey=product.product_key) == one
    all_told = {"deviceCount": 3, "activeCount": 1, "onlineCount": 1}
    assert rpc.data("QueryDeviceStatistics") == all_told
    key = granted_key(other, False)
    own = {"deviceCount": 1, "activeCount": 0, "onlineCount": 0}
    assert rpc.data("QueryDeviceStatistics", key=key) == own
    foreign = rpc.failure("QueryDeviceStatistics", key=key, ProductKey=product.product_key)
    assert foreign == "iot.prod.NotExistedProduct"


def test_there_are_no_groups_to_count() -> None:
    assert rpc.refusal("QueryDeviceStatistics", GroupId="tDQvBJqbUyHs") == (400, "InvalidGroupId")
