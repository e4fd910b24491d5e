"""QueryDeviceDetail and QueryDeviceInfo tell what one device is."""

from datetime import UTC, datetime

import pytest
from time_machine import TimeMachineFixture

from devices.models import Device
from products.models import Product
from tests import rpc
from tests.factories import connect_by_secret, make_device, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(product: Product, time_machine: TimeMachineFixture) -> Device:
    """Added on one day in UTC, and on the next in China."""
    time_machine.move_to(datetime(2026, 11, 8, 22, 5, 3, tzinfo=UTC), tick=False)
    return make_device(product, "lamp-0001")


def test_all_of_a_device_that_never_connected(product: Product, device: Device) -> None:
    assert rpc.call("QueryDeviceDetail", IotId=device.iot_id) == {
        "Success": True,
        "Data": {
            "IotId": device.iot_id,
            "ProductKey": product.product_key,
            "DeviceName": "lamp-0001",
            "DeviceSecret": device.device_secret,
            "Nickname": "",
            "ProductName": product.name,
            "NodeType": 0,
            "Status": "UNACTIVE",
            "Owner": True,
            "Region": "",
            "FirmwareVersion": "",
            "IpAddress": "",
            "GmtCreate": "2026-11-09 06:05:03",
            "UtcCreate": "2026-11-08T22:05:03.000Z",
            "GmtActive": "",
            "UtcActive": "",
            "GmtOnline": "",
            "UtcOnline": "",
        },
    }


def test_times_and_address_of_one_that_is_connected(
    device: Device, time_machine: TimeMachineFixture
) -> None:
    for minute in (7, 9):
        moment = datetime(2026, 11, 8, 22, minute, 0, 250_000, tzinfo=UTC)
        time_machine.move_to(moment, tick=False)
        connect_by_secret(device)
    told = rpc.data("QueryDeviceDetail", IotId=device.iot_id)
    assert (told["Status"], told["IpAddress"]) == ("ONLINE", "192.0.2.8")
    assert told["GmtActive"] == "2026-11-09 06:07:00"
    assert told["UtcActive"] == "2026-11-08T22:07:00.250Z"
    assert told["GmtOnline"] == "2026-11-09 06:09:00"
    assert told["UtcOnline"] == "2026-11-08T22:09:00.250Z"


def test_info_is_the_certificate(product: Product, device: Device) -> None:
    Device.objects.update(nickname="门口的灯")
    assert rpc.call("QueryDeviceInfo", IotId=device.iot_id) == {
        "Success": True,
        "Data": {
            "IotId": device.iot_id,
            "ProductKey": product.product_key,
            "DeviceName": "lamp-0001",
            "DeviceSecret": device.device_secret,
            "Nickname": "门口的灯",
        },
    }


@pytest.mark.parametrize(
    "action", ["QueryDeviceInfo", "QueryDeviceDetail", "GetDeviceStatus", "DisableThing"]
)
def test_a_device_is_named_by_its_product_and_name_too(
    product: Product, device: Device, action: str
) -> None:
    make_device(make_product(), device.device_name)
    names = {"ProductKey": product.product_key, "DeviceName": "lamp-0001"}
    assert rpc.call(action, **names) == rpc.call(action, IotId=device.iot_id)


def test_the_iot_id_wins(product: Product, device: Device) -> None:
    other = make_device(product)
    names = {"ProductKey": product.product_key, "DeviceName": other.device_name}
    assert rpc.data("QueryDeviceInfo", IotId=device.iot_id, **names)["IotId"] == device.iot_id
    wrong = rpc.failure("QueryDeviceInfo", IotId="Q7uOhVRdZRRlDnTLv000100", **names)
    assert wrong == "iot.device.NotExistedDevice"
