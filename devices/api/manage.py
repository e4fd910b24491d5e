"""API actions that add, rename, disable, enable, reset and delete devices."""

from common.web.rpc_parameters import missing
from devices.api.naming import Name, device_of, devices_named, require_change, unknown
from devices.api.telling import certificate
from devices.operations import manage_many
from devices.operations.add import add_device
from devices.operations.manage_many import GONE, Outcome
from operators.models import AccessKeyScope
from operators.rpc_registry import Actions, Answer, BusinessError, Call, refused_as
from products.api import product_of

ACTIONS = Actions()
NOT_EXISTED = "iot.device.NotExistedDevice"
INVALID_NICKNAME = "iot.device.InvalidDeviceNickNameExisted"
# Aliases changed at once.
MOST_NICKNAMES = 100


@ACTIONS.add("RegisterDevice", AccessKeyScope.DEVICES, per_second=30)
def register_device(call: Call) -> Answer:
    """A device with a generated DeviceName when none is given."""
    product = product_of(call, change=True)
    given = call.parameters
    with refused_as(
        "iot.device.CreateDeviceFailed",
        taken="iot.device.AlreadyExistedDeviceName",
        product_key="iot.prod.NotExistedProduct",
        device_name="iot.device.InvalidFormattedDeviceName",
        nickname=INVALID_NICKNAME,
    ):
        device = add_device(
            call.actor,
            product.product_key,
            given.text("DeviceName"),
            nickname=given.text("Nickname"),
        )
    return {"Data": certificate(device, device.device_secret)}


@ACTIONS.add("BatchUpdateDeviceNickname", AccessKeyScope.DEVICES, per_second=10)
def batch_update_device_nickname(call: Call) -> Answer:
    """At most 100, all or none; who gets no Nickname has none afterwards."""
    wanted = _nicknames(call)
    found = devices_named(call, wanted)
    if len(found) < len(wanted):
        raise unknown()
    require_change(call, found.values())
    nicknames = {device.pk: wanted[name] for name, device in found.items()}
    if len(nicknames) < len(wanted):
        raise _twice()
    with refused_as(INVALID_NICKNAME, device_name=NOT_EXISTED):
        manage_many.set_nicknames(call.actor, nicknames)
    return {}


def _nicknames(call: Call) -> dict[Name, str]:
    records = call.parameters.records("DeviceNicknameInfo", most=MOST_NICKNAMES)
    if not records:
        raise missing("DeviceNicknameInfo")
    wanted: dict[Name, str] = {}
    for record in records:
        name = Name.of(record)
        if name in wanted:
            raise _twice()
        wanted[name] = record.get("Nickname", "")
    return wanted


def _twice() -> BusinessError:
    text = "A device is named more than once."
    return BusinessError("iot.common.InvalidFormattedParameter", text)


@ACTIONS.add("DisableThing", AccessKeyScope.DEVICES, per_second=500)
def disable_thing(call: Call) -> Answer:
    """Cuts the device off at once and keeps it; no error when it is disabled already."""
    return _set_enabled(call, enabled=False)


@ACTIONS.add("EnableThing", AccessKeyScope.DEVICES, per_second=500)
def enable_thing(call: Call) -> Answer:
    """Lets the device connect again; no error when it is enabled already."""
    return _set_enabled(call, enabled=True)


def _set_enabled(call: Call, *, enabled: bool) -> Answer:
    """Clients repeat a call whose answer got lost, so what is so already has succeeded."""
    device = device_of(call, change=True)
    return done(manage_many.set_enabled(call.actor, [device.pk], enabled=enabled))


@ACTIONS.add("ResetThing", AccessKeyScope.DEVICES, per_second=500)
def reset_thing(call: Call) -> Answer:
    """The device may register again, and gets the same DeviceSecret; its state stays."""
    device = device_of(call, change=True)
    return done(manage_many.reset(call.actor, [device.pk]))


@ACTIONS.add("DeleteDevice", AccessKeyScope.DEVICES, per_second=50)
def delete_device(call: Call) -> Answer:
    """For good: its DeviceSecret and ClientIDs are dead at once."""
    device = device_of(call, change=True)
    return done(manage_many.delete(call.actor, [device.pk]))


def done(outcome: Outcome) -> Answer:
    """Answer an act on one device, by its key: another may have got its name meanwhile."""
    if GONE in {skipped.reason for skipped in outcome.skipped}:
        raise unknown()
    return {}
