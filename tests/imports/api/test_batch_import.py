"""BatchImportDevice, and BatchCheckImportDevice that looks first."""

from typing import Any

import pytest
from django.test import Client

from devices.models import Device
from imports.models import BatchMethod, DeviceBatch
from operators.models import AccessKey, AuditEntry
from products.models import Product
from tests import rpc
from tests.console.dom import text, tree
from tests.factories import make_device
from tests.rpc_fixtures import GrantedKey

pytestmark = pytest.mark.django_db
IMPORT, CHECK = "BatchImportDevice", "BatchCheckImportDevice"
NAME = "iot.device.InvalidFormattedDeviceName"
MALFORMED = "iot.common.InvalidFormattedParameter"


def lamp(number: int, **more: str) -> dict[str, str]:
    return {"DeviceName": f"lamp-{number}", "DeviceSecret": f"secret-{number}", **more}


def imported(product: Product, *devices: dict[str, str]) -> int:
    data = rpc.data(IMPORT, form=True, ProductKey=product.product_key, DeviceList=devices)
    assert list(data) == ["ApplyId"]
    key: int = data["ApplyId"]
    return key


def checked(product: Product, *devices: Any) -> dict[str, Any]:
    given = {"ProductKey": product.product_key, "DeviceList": devices}
    data: dict[str, Any] = rpc.data(CHECK, form=True, **given)
    return data


MIXED = (
    lamp(1, Sn="SN_1"),
    {"DeviceName": "aw", "DeviceSecret": "s" * 33, "Sn": "SN-2"},
    {"DeviceName": "+&=*~/%"},
    lamp(1),
    lamp(3),
    lamp(4, DeviceSecret="密钥"),
)


def test_devices_are_there_with_the_secrets_they_had(product: Product) -> None:
    apply_id = imported(product, lamp(2, Sn="SN_2"), lamp(1))
    names = ("device_name", "device_secret", "sn", "nickname")
    assert list(Device.objects.order_by("pk").values_list(*names)) == [
        ("lamp-2", "secret-2", "SN_2", ""),
        ("lamp-1", "secret-1", "", ""),
    ]
    given = {"ProductKey": product.product_key, "ApplyId": apply_id}
    assert rpc.data("QueryBatchRegisterDeviceStatus", **given)["Status"] == "CREATE_SUCCESS"
    told = rpc.call("QueryPageByApplyId", ApplyId=apply_id)["ApplyDeviceList"]["ApplyDeviceInfo"]
    assert [row["DeviceSecret"] for row in told] == ["secret-2", "secret-1"]
    # It asks for nothing more, and to go on twice does no harm.
    assert rpc.data("BatchRegisterDeviceWithApplyId", **given) == {"ApplyId": apply_id}
    assert Device.objects.count() == 2


def test_the_console_calls_it_an_import(product: Product, console: Client) -> None:
    batch = DeviceBatch.objects.get(pk=imported(product, lamp(1)))
    assert batch.method == BatchMethod.IMPORT
    assert "Import by API" in text(tree(console.get(batch.get_absolute_url())))
    assert str(batch.pk) in text(tree(console.get("/devices/batches/")))
    # It cannot be chosen there.
    assert "Import by API" not in text(tree(console.get("/devices/batches/add/?method=import")))


def test_what_is_wrong_is_told_and_nothing_is_kept(product: Product) -> None:
    make_device(product, "lamp-3")
    given = {"ProductKey": product.product_key, "DeviceList": MIXED}
    content = rpc.call(IMPORT, form=True, **given)
    assert (content["Success"], content["Code"]) == (False, NAME)
    assert content["Data"] == {
        "InvalidDeviceNameList": {"invalidDeviceName": ["aw", "+&=*~/%"]},
        "InvalidDeviceSecretList": {"invalidDeviceSecret": ["s" * 33, "", "密钥"]},
        "InvalidSnList": {"invalidSn": ["SN-2"]},
        "RepeatedDeviceNameList": {"repeatedDeviceName": ["lamp-1", "lamp-3"]},
        "InvalidDetailList": {"InvalidDetailList": checked(product, *MIXED)["InvalidDetailList"]},
    }
    assert Device.objects.count() == 1
    assert not DeviceBatch.objects.exists()


def test_to_look_first_finds_the_same_in_plain_lists(product: Product) -> None:
    make_device(product, "lamp-3")
    told = checked(product, *MIXED)
    details = told.pop("InvalidDetailList")
    assert told == {
        "InvalidDeviceNameList": ["aw", "+&=*~/%"],
        "InvalidDeviceSecretList": ["s" * 33, "", "密钥"],
        "InvalidSnList": ["SN-2"],
        "RepeatedDeviceNameList": ["lamp-1", "lamp-3"],
    }
    assert [row["DeviceName"] for row in details] == [
        *("aw", "+&=*~/%", "lamp-1", "lamp-3", "lamp-4")
    ]
    assert details[3] == {
        "DeviceName": "lamp-3",
        "DeviceSecret": "secret-3",
        "Sn": "",
        "ErrorMsg": "The product already has a device with this DeviceName.",
    }
    assert Device.objects.count() == 1


def test_nothing_wrong_is_five_empty_lists(product: Product, reading: AccessKey) -> None:
    given = {"ProductKey": product.product_key, "DeviceList": [lamp(1)]}
    told = rpc.data(CHECK, key=reading, **given)
    assert len(told) == 5
    assert not any(told.values())


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (lamp(2, DeviceName="lamp 2"), NAME),
        (lamp(2, DeviceName=""), NAME),
        (lamp(2, DeviceSecret=""), MALFORMED),
        (lamp(2, Sn="x" * 65), MALFORMED),
        (lamp(3), "iot.device.AlreadyExistedDeviceName"),
        (lamp(1), "iot.device.VerifyDeviceFailed"),
        ("lamp-2", NAME),
    ],
)
def test_the_code_says_what_is_worst(product: Product, second: Any, code: str) -> None:
    make_device(product, "lamp-3")
    given = {"ProductKey": product.product_key, "DeviceList": [lamp(1), second]}
    assert rpc.failure(IMPORT, **given) == code


@pytest.mark.parametrize("action", [IMPORT, CHECK])
@pytest.mark.parametrize(
    ("devices", "code"),
    [
        (None, "iot.device.NoneDeviceNameElement"),
        ([{"DeviceName": "x"}] * 10_001, "iot.device.DeviceCountExceeded"),
    ],
)
def test_one_to_ten_thousand_at_a_time(
    product: Product, action: str, devices: Any, code: str
) -> None:
    given = {"ProductKey": product.product_key, "DeviceList": devices}
    assert rpc.failure(action, form=True, **given) == code


@pytest.mark.parametrize("action", [IMPORT, CHECK])
def test_its_elements_are_numbered(product: Product, action: str) -> None:
    given = {"ProductKey": product.product_key, "DeviceList.x.DeviceName": "lamp-1"}
    assert rpc.refusal(action, **given) == (400, "InvalidDeviceList")
    assert rpc.refusal(action) == (400, "MissingProductKey")


def test_who_may_not_change_the_product_imports_nothing(
    product: Product, reading: AccessKey, granted_key: GrantedKey
) -> None:
    given = {"ProductKey": product.product_key, "DeviceList": [lamp(1)]}
    for key in (reading, granted_key(product, False)):
        assert rpc.refusal(IMPORT, key=key, **given) == (403, "Forbidden.RAM")
    assert not DeviceBatch.objects.exists()


def test_no_trail_tells_a_secret(product: Product) -> None:
    imported(product, lamp(1))
    told = [f"{entry.text} {entry.facts}" for entry in AuditEntry.objects.all()]
    assert any("Started importing 1 device " in each for each in told)
    assert not any("secret-1" in each for each in told)
