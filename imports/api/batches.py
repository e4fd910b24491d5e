"""Devices by the ten thousand: names that are checked and then added, or generated ones.

An ApplyId is the key of a batch, those made in the console included.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from common.web.rpc_parameters import GatewayError
from devices.api.manage import INVALID_NICKNAME
from devices.api.telling import secrets_of
from devices.models import Device
from imports.batches.api_rows import reading_of
from imports.batches.problems import DEVICE_NAME, NICKNAME
from imports.batches.report import all_rows
from imports.batches.rows import Row
from imports.models import BatchState, DeviceBatch
from imports.operations.batches import add_batch, generate_batch, upload_batch
from operators.models import AccessKeyScope
from operators.rpc_registry import Actions, Answer, BusinessError, Call, page_of, refused_as
from products.api import product_of
from products.models import Product

ACTIONS = Actions()
# Devices of one call.
MOST = 10_000
# How many are given is told by a code of the platform's, so reading them does not stop there.
ANY_NUMBER = 10**9
LARGEST_PAGE = 50
INVALID_NAME = "iot.device.InvalidFormattedDeviceName"
NOT_VERIFIED = "iot.device.VerifyDeviceFailed"
_FAILED = "iot.device.ApplyManyDevicesFailed"
_REPEATED = {"repeated", "taken"}
_RUNNING = "iot.device.CreateDeviceTaskIsRunning"
_INCORRECT = "iot.device.IncorrentDeviceApplyInfo"
NO_PRODUCT = "iot.prod.NotExistedProduct"
# Those that come with lists of names.
_TOLD_IN_FULL = (BatchState.CHECK_FAILED, BatchState.CREATE_FAILED)


@ACTIONS.add("BatchRegisterDevice", AccessKeyScope.DEVICES, per_second=10)
def batch_register_device(call: Call) -> Answer:
    """Devices with generated DeviceNames."""
    product = product_of(call, change=True)
    call.parameters.required("Count")
    count = call.parameters.integer("Count", 0)
    if count > MOST:
        raise too_many()
    with refused_as(_FAILED, product_key=NO_PRODUCT):
        batch = generate_batch(call.actor, product.product_key, count)
    return applied(batch)


@ACTIONS.add("BatchCheckDeviceNames", AccessKeyScope.DEVICES, per_second=10)
def batch_check_device_names(call: Call) -> Answer:
    """Answer at once what is wrong with the names themselves, and keep nothing of it;
    whether the product has them already, QueryBatchRegisterDeviceStatus tells."""
    product = product_of(call, change=True)
    reading = reading_of(_named(call))
    if reading.bad:
        raise _refused(reading.rows)
    with refused_as(NOT_VERIFIED, product_key=NO_PRODUCT):
        batch = upload_batch(call.actor, product.product_key, reading)
    return applied(batch)


def _named(call: Call) -> list[Row]:
    """DeviceNameList goes before DeviceName."""
    given = call.parameters
    records = given.records("DeviceNameList", most=ANY_NUMBER)
    named = [(each.get("DeviceName", ""), each.get("DeviceNickname", "")) for each in records]
    named = named or [(name, "") for name in given.listed("DeviceName", most=ANY_NUMBER)]
    check_number(named)
    return [Row(n, name, nickname.strip()) for n, (name, nickname) in enumerate(named, 1)]


def check_number(given: Sequence[object]) -> None:
    if not given:
        raise BusinessError("iot.device.NoneDeviceNameElement", "The list of devices is empty.")
    if len(given) > MOST:
        raise too_many()


def too_many() -> BusinessError:
    text = f"A call is about at most {MOST:,} devices."
    return BusinessError("iot.device.DeviceCountExceeded", text)


def _refused(rows: Sequence[Row]) -> BusinessError:
    names, nicknames = invalid_names(rows), _wrong_nicknames(rows)
    code = INVALID_NAME if names else INVALID_NICKNAME if nicknames else NOT_VERIFIED
    data = {
        "InvalidDeviceNameList": {"InvalidDeviceName": names},
        "InvalidDeviceNicknameList": {"InvalidDeviceNickname": nicknames},
        "RepeatedDeviceNameList": {"RepeatDevieNameList": repeated_names(rows)},
        "InvalidDetailList": {"InvalidDetailList": [_detail(row) for row in rows if row.problems]},
    }
    return BusinessError(code, "Some of the devices cannot be registered.", {"Data": data})


def invalid_names(rows: Iterable[Row]) -> list[str]:
    """Each once, as below."""
    broken = [row for row in rows if row.wrong(DEVICE_NAME) - _REPEATED]
    return list(dict.fromkeys(row.device_name for row in broken))


def repeated_names(rows: Iterable[Row]) -> list[str]:
    """In the list, or because the product has them."""
    repeated = [row for row in rows if row.wrong(DEVICE_NAME) & _REPEATED]
    return list(dict.fromkeys(row.device_name for row in repeated))


def _wrong_nicknames(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(row.nickname for row in rows if row.wrong(NICKNAME)))


def _detail(row: Row) -> dict[str, str]:
    why = reasons(row) or "The device was not added."
    return {"DeviceName": row.device_name, "NickName": row.nickname, "ErrorMsg": why}


def reasons(row: Row) -> str:
    return " ".join(problem.reason for problem in row.problems)


def applied(batch: DeviceBatch) -> Answer:
    return {"Data": {"ApplyId": batch.pk}}


@ACTIONS.add("BatchRegisterDeviceWithApplyId", AccessKeyScope.DEVICES, per_second=500)
def batch_register_device_with_apply_id(call: Call) -> Answer:
    """Adds the checked names, once: asked again when they are there, it only says so."""
    batch = _batch_of(call, product_of(call, change=True))
    status = _status(batch)
    if batch.running:
        raise BusinessError(_RUNNING, "This batch is being checked or added.")
    if status == BatchState.CHECK_SUCCESS:
        # What it refuses then is a second call at the same time.
        with refused_as(_RUNNING):
            add_batch(call.actor, batch.pk)
    elif status != BatchState.CREATE_SUCCESS:
        raise BusinessError(_INCORRECT, "Not all devices of this batch can be added.")
    return applied(batch)


@ACTIONS.add("QueryBatchRegisterDeviceStatus", AccessKeyScope.READ_ONLY, per_second=30)
def query_batch_register_device_status(call: Call) -> Answer:
    """How far a batch is; which devices can or could not be added when it is not all of them."""
    batch = _batch_of(call, product_of(call))
    status = _status(batch)
    valid, invalid = _sorted_out(batch) if status in _TOLD_IN_FULL else ([], [])
    return {
        "Data": {
            "Status": status.value,
            "ValidList": {"Name": valid},
            "InvalidList": {"Name": [row.device_name for row in invalid]},
            "InvalidDetailList": {"invalidDetailList": [_detail(row) for row in invalid]},
        }
    }


def _status(batch: DeviceBatch) -> BatchState:
    """Here a batch without some of its devices has failed."""
    partly = batch.state == BatchState.CREATE_SUCCESS and batch.bad
    return BatchState.CREATE_FAILED if partly else BatchState(batch.state)


def _sorted_out(batch: DeviceBatch) -> tuple[list[str], list[Row]]:
    """Names that are or can be added, and rows that are not; of each the first MOST."""
    rows = list(all_rows(batch))
    if batch.state == BatchState.CHECK_FAILED:
        valid = [row.device_name for row in rows if not row.problems]
    else:
        added = batch.devices.order_by("pk").values_list("device_name", flat=True)
        valid = list(added)
    known = set(valid)
    # What was added and then deleted has not failed.
    gone = batch.state == BatchState.CREATE_SUCCESS
    invalid = (row for row in rows if row.problems or not (gone or row.device_name in known))
    return valid[:MOST], list(islice(invalid, MOST))


@ACTIONS.add("QueryPageByApplyId", AccessKeyScope.READ_ONLY, per_second=50)
def query_page_by_apply_id(call: Call) -> Answer:
    """The devices of a batch, in the order of its list; DeviceSecrets as in QueryDevice."""
    batch = _batch_of(call)
    page = page_of(call, largest=LARGEST_PAGE)
    total = batch.devices.count()
    devices = list(page.slice(batch.devices.order_by("pk").defer("device_secret")))
    return {
        "Page": page.number,
        "PageSize": page.size,
        "PageCount": page.pages(total),
        "Total": total,
        "ApplyDeviceList": {"ApplyDeviceInfo": _told(call, batch, devices)},
    }


def _told(call: Call, batch: DeviceBatch, devices: Sequence[Device]) -> list[dict[str, Any]]:
    for device in devices:
        device.product = batch.product
    device_secrets = secrets_of(call, devices)
    return [
        {
            "DeviceId": device.iot_id,
            "DeviceName": device.device_name,
            "DeviceSecret": device_secrets[device.pk],
            "IotId": device.iot_id,
        }
        for device in devices
    ]


def _batch_of(call: Call, product: Product | None = None) -> DeviceBatch:
    """The batch the call names by its ApplyId; of this product, if one is given."""
    found = DeviceBatch.objects.select_related("product").defer("product__product_secret")
    batch = found.filter(pk=_apply_id(call)).first()
    if batch is None or not call.may_look_at(batch.product.product_key):
        text = "There is no batch with this ApplyId."
        raise BusinessError("iot.device.DeviceApplyIsNotFound", text)
    if product and product != batch.product:
        raise BusinessError(_INCORRECT, "The batch with this ApplyId is of another product.")
    return batch


def _apply_id(call: Call) -> int:
    if "ApplyId" not in call.parameters:
        raise BusinessError("iot.device.NullApplyId", "ApplyId is mandatory for this action.")
    try:
        key = call.parameters.integer("ApplyId", 0)
    except GatewayError:
        key = 0
    if key < 1:
        text = "ApplyId is a whole number greater than 0."
        raise BusinessError("iot.device.InvalidFormattedApplyId", text)
    return key
