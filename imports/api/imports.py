"""Devices that bring their DeviceSecrets along, one by one or by the ten thousand.

On the platform they are those behind a gateway; here, of any product.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

from django.db import transaction

from devices.api.manage import INVALID_NICKNAME
from devices.api.telling import certificate
from devices.operations.add import import_device as import_one
from devices.operations.lookup import taken_names
from imports.api.batches import (
    ANY_NUMBER,
    INVALID_NAME,
    NO_PRODUCT,
    NOT_VERIFIED,
    applied,
    check_number,
    invalid_names,
    reasons,
    repeated_names,
)
from imports.batches.api_rows import import_of
from imports.batches.broker_problems import broker_problems
from imports.batches.problems import DEVICE_NAME, DEVICE_SECRET, SN, Problem
from imports.batches.reading import Reading
from imports.batches.rows import Row
from imports.operations.batches import import_batch
from operators.models import AccessKeyScope
from operators.rpc_registry import Actions, Answer, BusinessError, Call, refused_as
from products.api import product_of
from products.models import Product

ACTIONS = Actions()
_MALFORMED = "iot.common.InvalidFormattedParameter"
_VALUES: Mapping[str, Callable[[Row], str]] = {
    DEVICE_SECRET: attrgetter("device_secret"),
    SN: attrgetter("sn"),
}
_TAKEN = "iot.device.AlreadyExistedDeviceName"


@ACTIONS.add("ImportDevice", AccessKeyScope.DEVICES, per_second=50)
def import_device(call: Call) -> Answer:
    """One device with the DeviceSecret it has."""
    product = product_of(call, change=True)
    given = call.parameters
    with refused_as(
        "iot.device.CreateDeviceFailed",
        taken=_TAKEN,
        product_key=NO_PRODUCT,
        device_name=INVALID_NAME,
        device_secret=_MALFORMED,
        nickname=INVALID_NICKNAME,
        sn=_MALFORMED,
    ):
        device = import_one(
            call.actor,
            product.product_key,
            given.required("DeviceName"),
            given.required("DeviceSecret"),
            nickname=given.text("Nickname"),
            sn=given.text("Sn"),
        )
    return {"Data": {**certificate(device, device.device_secret), "Sn": device.sn}}


@ACTIONS.add("BatchImportDevice", AccessKeyScope.DEVICES, per_second=10)
def batch_import_device(call: Call) -> Answer:
    """All of them, or what is wrong with some; how far it is, QueryBatchRegisterDeviceStatus tells.

    Of what is refused nothing is kept.
    """
    product = product_of(call, change=True)
    reading = _checked(call, product)
    if reading.bad:
        raise _refused(reading.rows)
    with refused_as(_TAKEN, product_key=NO_PRODUCT):
        batch = import_batch(call.actor, product.product_key, reading)
    return applied(batch)


def _refused(rows: Sequence[Row]) -> BusinessError:
    """The lists are wrapped, with names of their own, other than BatchCheckImportDevice's."""
    data = {
        "InvalidDeviceNameList": {"invalidDeviceName": invalid_names(rows)},
        "InvalidDeviceSecretList": {"invalidDeviceSecret": _wrong(rows, DEVICE_SECRET)},
        "InvalidSnList": {"invalidSn": _wrong(rows, SN)},
        "RepeatedDeviceNameList": {"repeatedDeviceName": repeated_names(rows)},
        "InvalidDetailList": {"InvalidDetailList": _details(rows)},
    }
    return BusinessError(_code(rows), "Some of the devices cannot be imported.", {"Data": data})


def _code(rows: Sequence[Row]) -> str:
    """Return the code of the worst problem."""
    if invalid_names(rows):
        return INVALID_NAME
    if _wrong(rows, DEVICE_SECRET) or _wrong(rows, SN):
        return _MALFORMED
    taken = any("taken" in row.wrong(DEVICE_NAME) for row in rows)
    return _TAKEN if taken else NOT_VERIFIED


@ACTIONS.add("BatchCheckImportDevice", AccessKeyScope.READ_ONLY, per_second=100)
def batch_check_import_device(call: Call) -> Answer:
    """Tell what BatchImportDevice would find wrong; a problem is no failure here."""
    rows = _checked(call, product_of(call)).rows
    return {
        "Data": {
            "InvalidDeviceNameList": invalid_names(rows),
            "InvalidDeviceSecretList": _wrong(rows, DEVICE_SECRET),
            "InvalidSnList": _wrong(rows, SN),
            "RepeatedDeviceNameList": repeated_names(rows),
            "InvalidDetailList": _details(rows),
        }
    }


def _checked(call: Call, product: Product) -> Reading:
    """By themselves, against each other and against the devices of the product."""
    records = call.parameters.records("DeviceList", most=ANY_NUMBER)
    check_number(records)
    reading = import_of([_row(number, each) for number, each in enumerate(records, 1)])
    good = [row for row in reading.rows if not row.wrong(DEVICE_NAME)]
    taken = taken_names(product, [row.device_name for row in good])
    with transaction.atomic():
        unfit = broker_problems(product, [row.device_name for row in good])
    for row in good:
        if row.device_name in unfit:
            row.problems.append(unfit[row.device_name])
        elif row.device_name in taken:
            row.problems.append(Problem(DEVICE_NAME, "taken"))
    return reading


def _row(number: int, record: Mapping[str, str]) -> Row:
    return Row(
        number,
        record.get("DeviceName", ""),
        sn=record.get("Sn", ""),
        device_secret=record.get("DeviceSecret", ""),
    )


def _wrong(rows: Iterable[Row], column: str) -> list[str]:
    """Values of the column that are not what they should be, each once."""
    value = _VALUES[column]
    return list(dict.fromkeys(value(row) for row in rows if row.wrong(column)))


def _details(rows: Iterable[Row]) -> list[dict[str, str]]:
    """With the DeviceSecret as it came: it goes back to who sent it, and nowhere else."""
    return [
        {
            "DeviceName": row.device_name,
            "DeviceSecret": row.device_secret,
            "Sn": row.sn,
            "ErrorMsg": reasons(row),
        }
        for row in rows
        if row.problems
    ]
