"""Any parameter value gets one of the platform's answers, and never an internal error."""

from typing import Any

import pytest

from devices.models import Device
from iotconsole.rpc_api import ACTIONS
from tests import rpc
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db

ODD = ["灯" * 20, "+&=*~/% ", "x" * 5000, "-1", "null", "'; --", "\U0001f4a1", "١٢"]
NO_DEVICE, NO_PRODUCT = "iot.device.NotExistedDevice", "iot.prod.NotExistedProduct"
PAGE = "iot.common.InvalidPageParams"

OF_A_DEVICE = (
    *("QueryDeviceDetail", "QueryDeviceInfo", "GetDeviceStatus"),
    *("DisableThing", "EnableThing", "ResetThing", "DeleteDevice"),
)
OF_CLIENT_IDS = ("QueryClientIds", "TransformClientId", "DeleteClientIds")
OF_A_PRODUCT = (
    *("RegisterDevice", "QueryDevice", "QueryDeviceByStatus", "QueryDeviceStatistics"),
    *("BatchRegisterDevice", "BatchCheckDeviceNames", "BatchRegisterDeviceWithApplyId"),
    "QueryBatchRegisterDeviceStatus",
)
OF_A_BATCH = (
    *("BatchRegisterDeviceWithApplyId", "QueryBatchRegisterDeviceStatus", "QueryPageByApplyId"),
)
NO_BATCH = {"iot.device.InvalidFormattedApplyId", "iot.device.DeviceApplyIsNotFound"}
LISTS = ("QueryDevice", "QueryDeviceByStatus")
# By action and parameter: what is answered when the parameter holds something odd. A number that
# is none is refused by the gateway, one out of bounds by the action.
REFUSED: dict[tuple[str, str], set[str]] = {
    **{(action, "IotId"): {NO_DEVICE} for action in (*OF_A_DEVICE, *OF_CLIENT_IDS)},
    **{(action, "ProductKey"): {NO_DEVICE} for action in OF_A_DEVICE},
    **{(action, "DeviceName"): {NO_DEVICE} for action in OF_A_DEVICE},
    **{(action, "ProductKey"): {NO_PRODUCT} for action in OF_A_PRODUCT},
    **{(action, "CurrentPage"): {PAGE, "InvalidCurrentPage"} for action in LISTS},
    **{(action, "PageSize"): {PAGE, "InvalidPageSize"} for action in LISTS},
    **{(action, "ApplyId"): NO_BATCH for action in OF_A_BATCH},
    ("BatchRegisterDevice", "Count"): {"InvalidCount", "iot.device.ApplyManyDevicesFailed"},
    ("BatchCheckDeviceNames", "DeviceName.x"): {"InvalidDeviceName"},
    ("QueryDevice", "NextToken"): {PAGE},
    ("QueryDeviceByStatus", "Status"): {"InvalidStatus"},
    ("QueryDeviceStatistics", "GroupId"): {"InvalidGroupId"},
    ("TransformClientId", "ClientId"): {"iot.common.InvalidFormattedParameter"},
    ("BatchGetDeviceState", "IotId.x"): {"InvalidIotId"},
    ("BatchGetDeviceState", "DeviceName.-1"): {"InvalidDeviceName"},
    ("BatchGetDeviceState", "DeviceName.01"): {"InvalidDeviceName"},
    ("BatchUpdateDeviceNickname", "DeviceNicknameInfo.1.IotId"): {NO_DEVICE},
}
# What an action asks for besides a product or device.
NEEDED = {
    "QueryDeviceByStatus": {"Status": "0"},
    "TransformClientId": {"ClientId": "any"},
}


@pytest.fixture
def device() -> Device:
    return make_device(make_product(), "lamp-0001")


def asked(device: Device, action: str, name: str, value: str) -> dict[str, Any]:
    """A good call, but for the one parameter."""
    product_key = device.product.product_key
    good: dict[str, str] = {"ProductKey": product_key, **NEEDED.get(action, {})}
    if name == "ProductKey":
        good["DeviceName"] = device.device_name
    elif name not in {"DeviceName", "GroupId"}:
        good["IotId"] = device.iot_id
    return {**good, name: value}


@pytest.mark.parametrize(("action", "name"), REFUSED)
def test_odd_values_are_refused(device: Device, action: str, name: str) -> None:
    for value in ODD:
        response = rpc.send(action, **asked(device, action, name, value))
        content = response.json()
        assert content["Code"] in REFUSED[action, name], (value, content)
        assert response.status_code == (400 if content["Code"].startswith("Invalid") else 200)
    assert Device.objects.count() == 1


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_nothing_at_all_is_no_fault_of_ours(device: Device, action: str) -> None:
    response = rpc.send(action)
    assert response.status_code in {200, 400}
    content = response.json()
    assert content.get("Success") or content["Code"], content


@pytest.mark.parametrize(
    "action", ["DisableThing", "QueryDeviceInfo", "ResetThing", "DeleteDevice", "GetDeviceStatus"]
)
def test_half_a_name_is_none(device: Device, action: str) -> None:
    by_product = rpc.failure(action, ProductKey=device.product.product_key)
    assert by_product == "iot.device.NullDeviceName"
    by_name = rpc.failure(action, DeviceName=device.device_name)
    assert by_name == rpc.failure(action) == "iot.prod.NullProductKey"


@pytest.mark.parametrize("how", [{"v1": True}, {"form": True}, {"method": "GET", "v1": True}])
def test_parameters_nobody_knows_are_passed_over(device: Device, how: dict[str, Any]) -> None:
    unknown = {"IotInstanceId": "iot-060a0bgd", "DevEui": "灯", "x": "1"}
    assert rpc.data("QueryDeviceInfo", IotId=device.iot_id, **unknown, **how)
