"""BatchCheckDeviceNames, BatchRegisterDeviceWithApplyId and the status between them."""

from typing import Any

import pytest

from devices.models import Device
from imports.models import BatchState, DeviceBatch
from imports.operations.batch_runner import work_off
from operators.models import AccessKey
from products.models import Product
from tests import rpc
from tests.factories import make_device, make_product
from tests.rpc_fixtures import GrantedKey

pytestmark = pytest.mark.django_db
CHECK, ADD = "BatchCheckDeviceNames", "BatchRegisterDeviceWithApplyId"
STATUS = "QueryBatchRegisterDeviceStatus"
NOT_FOUND, INCORRECT = "iot.device.DeviceApplyIsNotFound", "iot.device.IncorrentDeviceApplyInfo"
RUNNING = "iot.device.CreateDeviceTaskIsRunning"
EMPTY: dict[str, Any] = {
    "ValidList": {"Name": []},
    "InvalidList": {"Name": []},
    "InvalidDetailList": {"invalidDetailList": []},
}


def checked(product: Product, *names: str) -> int:
    data = rpc.data(CHECK, form=True, ProductKey=product.product_key, DeviceName=names)
    assert list(data) == ["ApplyId"]
    key: int = data["ApplyId"]
    return key


def status(product: Product, apply_id: int) -> dict[str, Any]:
    data: dict[str, Any] = rpc.data(STATUS, ProductKey=product.product_key, ApplyId=apply_id)
    return data


def add(product: Product, apply_id: int) -> dict[str, Any]:
    return rpc.call(ADD, ProductKey=product.product_key, ApplyId=apply_id)


def names() -> list[str]:
    return list(Device.objects.order_by("pk").values_list("device_name", flat=True))


def refused(product: Product, **given: Any) -> tuple[str, dict[str, Any]]:
    """The code, and the lists of names without their wrappers."""
    content = rpc.call(CHECK, form=True, ProductKey=product.product_key, **given)
    assert not content["Success"]
    data = content["Data"]
    assert "ApplyId" not in data
    return content["Code"], {
        "names": data["InvalidDeviceNameList"]["InvalidDeviceName"],
        "nicknames": data["InvalidDeviceNicknameList"]["InvalidDeviceNickname"],
        "repeated": data["RepeatedDeviceNameList"]["RepeatDevieNameList"],
        "details": data["InvalidDetailList"]["InvalidDetailList"],
    }


def test_checked_names_are_added_once(product: Product) -> None:
    apply_id = checked(product, "lamp-2", "lamp-1")
    assert status(product, apply_id) == {"Status": "CHECK_SUCCESS", **EMPTY}
    assert names() == []
    for _ in range(2):
        assert add(product, apply_id) == {"Success": True, "Data": {"ApplyId": apply_id}}
        assert names() == ["lamp-2", "lamp-1"]
    assert status(product, apply_id) == {"Status": "CREATE_SUCCESS", **EMPTY}


def test_a_list_with_aliases_goes_before_a_plain_one(product: Product) -> None:
    devices = [{"DeviceName": "lamp-1", "DeviceNickname": "门口的灯"}, {"DeviceName": "1E-5"}]
    given = {"DeviceNameList": devices, "DeviceName": ["aw"]}
    apply_id = rpc.data(CHECK, ProductKey=product.product_key, **given)["ApplyId"]
    add(product, apply_id)
    assert dict(Device.objects.values_list("device_name", "nickname")) == {
        "lamp-1": "门口的灯",
        "1E-5": "",
    }


def test_bad_names_are_told_at_once_and_nothing_is_kept(product: Product) -> None:
    devices = [
        {"DeviceName": "aw", "DeviceNickname": "+&=*~/%"},
        {"DeviceName": "lamp-1"},
        {"DeviceName": "灯+&=*~/%"},
        {"DeviceName": "lamp-1", "DeviceNickname": "porch"},
        {"DeviceNickname": "abc"},
        {"DeviceName": "x" * 33},
    ]
    code, told = refused(product, DeviceNameList=devices)
    assert code == "iot.device.InvalidFormattedDeviceName"
    assert told["names"] == ["aw", "灯+&=*~/%", "", "x" * 33]
    assert told["nicknames"] == ["+&=*~/%", "abc"]
    assert told["repeated"] == ["lamp-1"]
    assert [row["DeviceName"] for row in told["details"]] == [
        *("aw", "灯+&=*~/%", "lamp-1", "", "x" * 33)
    ]
    assert told["details"][2] == {
        "DeviceName": "lamp-1",
        "NickName": "porch",
        "ErrorMsg": "The DeviceName duplicates row 2.",
    }
    assert not DeviceBatch.objects.exists()


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"DeviceName": "lamp 2"}, "iot.device.InvalidFormattedDeviceName"),
        (
            {"DeviceName": "lamp-2", "DeviceNickname": "ab"},
            "iot.device.InvalidDeviceNickNameExisted",
        ),
        ({"DeviceName": "lamp-1"}, "iot.device.VerifyDeviceFailed"),
    ],
)
def test_the_code_says_what_is_worst(product: Product, second: dict[str, str], code: str) -> None:
    assert refused(product, DeviceNameList=[{"DeviceName": "lamp-1"}, second])[0] == code


@pytest.mark.parametrize("given", [{}, {"DeviceName": []}, {"DeviceNameList": {}}])
def test_no_names_are_refused(product: Product, given: dict[str, Any]) -> None:
    code = rpc.failure(CHECK, ProductKey=product.product_key, **given)
    assert code == "iot.device.NoneDeviceNameElement"


def test_ten_thousand_names_at_a_time(product: Product) -> None:
    many = [f"lamp-{number:05}" for number in range(10_001)]
    code = rpc.failure(CHECK, form=True, ProductKey=product.product_key, DeviceName=many)
    assert code == "iot.device.DeviceCountExceeded"
    apply_id = checked(product, *many[1:])
    assert status(product, apply_id) == {"Status": "CHECK", **EMPTY}
    assert rpc.failure(ADD, ProductKey=product.product_key, ApplyId=apply_id) == RUNNING


def test_names_the_product_has_fail_the_check(product: Product) -> None:
    make_device(product, "lamp-2")
    make_device(make_product(), "lamp-1")
    apply_id = checked(product, "lamp-1", "lamp-2", "lamp-3")
    assert status(product, apply_id) == {
        "Status": "CHECK_FAILED",
        "ValidList": {"Name": ["lamp-1", "lamp-3"]},
        "InvalidList": {"Name": ["lamp-2"]},
        "InvalidDetailList": {
            "invalidDetailList": [
                {
                    "DeviceName": "lamp-2",
                    "NickName": "",
                    "ErrorMsg": "The product already has a device with this DeviceName.",
                }
            ]
        },
    }
    assert rpc.failure(ADD, ProductKey=product.product_key, ApplyId=apply_id) == INCORRECT
    assert Device.objects.count() == 2


def test_names_taken_since_the_check_are_left_out(product: Product) -> None:
    apply_id = checked(product, "lamp-1", "lamp-2", "lamp-3")
    make_device(product, "lamp-2")
    add(product, apply_id)
    told = status(product, apply_id)
    assert told["Status"] == "CREATE_FAILED"
    assert told["ValidList"] == {"Name": ["lamp-1", "lamp-3"]}
    assert told["InvalidList"] == {"Name": ["lamp-2"]}
    assert rpc.failure(ADD, ProductKey=product.product_key, ApplyId=apply_id) == INCORRECT


def test_a_batch_stopped_in_the_console_tells_what_is_missing(product: Product) -> None:
    apply_id = checked(product, "lamp-1", "lamp-2")
    stopped = {"state": BatchState.CREATE_FAILED, "stopped": True}
    DeviceBatch.objects.filter(pk=apply_id).update(**stopped)
    told = status(product, apply_id)
    assert (told["Status"], told["InvalidList"]) == (
        "CREATE_FAILED",
        {"Name": ["lamp-1", "lamp-2"]},
    )
    assert told["InvalidDetailList"]["invalidDetailList"][0]["ErrorMsg"]


def test_while_it_is_added_it_is_not_added_again(product: Product) -> None:
    apply_id = checked(product, "lamp-1")
    DeviceBatch.objects.update(state=BatchState.CREATE, position=0)
    assert rpc.failure(ADD, ProductKey=product.product_key, ApplyId=apply_id) == RUNNING
    assert status(product, apply_id) == {"Status": "CREATE", **EMPTY}
    work_off(apply_id)
    assert status(product, apply_id)["Status"] == "CREATE_SUCCESS"
    assert names() == ["lamp-1"]


@pytest.mark.parametrize("action", [ADD, STATUS, "QueryPageByApplyId"])
@pytest.mark.parametrize(
    ("apply_id", "code"),
    [
        (None, "iot.device.NullApplyId"),
        ("", "iot.device.NullApplyId"),
        ("0", "iot.device.InvalidFormattedApplyId"),
        ("-1", "iot.device.InvalidFormattedApplyId"),
        ("灯", "iot.device.InvalidFormattedApplyId"),
        ("+&=*~/%", "iot.device.InvalidFormattedApplyId"),
        ("1.0", "iot.device.InvalidFormattedApplyId"),
        ("9" * 5000, "iot.device.InvalidFormattedApplyId"),
        ("9" * 18, NOT_FOUND),
    ],
)
def test_a_wrong_apply_id(product: Product, action: str, apply_id: str | None, code: str) -> None:
    assert rpc.failure(action, ProductKey=product.product_key, ApplyId=apply_id) == code


@pytest.mark.parametrize("action", [ADD, STATUS])
def test_the_batch_of_another_product(
    product: Product, granted_key: GrantedKey, action: str
) -> None:
    apply_id, other = checked(product, "lamp-1"), make_product()
    assert rpc.failure(action, ProductKey=other.product_key, ApplyId=apply_id) == INCORRECT
    # Who may not look at it learns nothing of it.
    key = granted_key(other, True)
    code = rpc.failure(action, key=key, ProductKey=other.product_key, ApplyId=apply_id)
    assert code == NOT_FOUND
    assert names() == []


@pytest.mark.parametrize("action", [CHECK, ADD])
def test_a_key_that_may_only_read_adds_nothing(
    product: Product, reading: AccessKey, granted_key: GrantedKey, action: str
) -> None:
    given = {"ProductKey": product.product_key, "DeviceName": ["lamp-1"], "ApplyId": 1}
    for key in (reading, granted_key(product, False)):
        assert rpc.refusal(action, key=key, **given) == (403, "Forbidden.RAM")
    assert not DeviceBatch.objects.exists()


def test_xml_repeats_an_element_for_each_name(product: Product) -> None:
    make_device(product, "lamp-1")
    apply_id = checked(product, "lamp-1", "lamp-2", "lamp-3")
    given: dict[str, Any] = {"ProductKey": product.product_key, "ApplyId": apply_id}
    text = rpc.send(STATUS, v1=True, accept="XML", **given).content.decode()
    assert "<ValidList><Name>lamp-2</Name><Name>lamp-3</Name></ValidList>" in text
