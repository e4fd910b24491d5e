"""How the API says what a device is: states, times and secrets (console_api.md 3.6)."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta, timezone

from devices.device_state import state_of
from devices.models import Device, DeviceState, Session
from operators.rpc_registry import Call
from products.operations.reveal import note_reading

STATUS = {
    DeviceState.INACTIVE: "UNACTIVE",
    DeviceState.ONLINE: "ONLINE",
    DeviceState.OFFLINE: "OFFLINE",
    DeviceState.DISABLED: "DISABLE",
}
# protocol.md 5.2
STATES = {
    0: DeviceState.INACTIVE,
    1: DeviceState.ONLINE,
    3: DeviceState.OFFLINE,
    8: DeviceState.DISABLED,
}
# Most fields that say GMT are the platform's local time.
_CHINA = timezone(timedelta(hours=8))


def utc(moment: datetime | None) -> str:
    """As in 2018-08-06T02:47:50.000Z; empty for None, as below."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def local(moment: datetime | None) -> str:
    """The same moment as 2018-08-06 10:47:50."""
    return moment.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def gmt(moment: datetime) -> str:
    """The same moment as Mon, 06-Aug-2018 02:47:50 GMT, in the lists alone."""
    return moment.astimezone(UTC).strftime("%a, %d-%b-%Y %H:%M:%S GMT")


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def status(device: Device) -> str:
    """Needs a device from `with_state`, as does `status_since`."""
    return STATUS[state_of(device)]


def status_since(device: Device, latest: Session | None) -> datetime:
    """When it got the state it is in; `latest` is its latest connection.

    Of a disabled device, when it was last changed at all.
    """
    state = state_of(device)
    if state == DeviceState.DISABLED:
        return modified_at(device)
    if latest is None or state == DeviceState.INACTIVE:
        return device.activated_at or device.created_at
    return latest.connected_at if state == DeviceState.ONLINE else ended(latest)


def ended(session: Session) -> datetime:
    return session.ended_at or session.connected_at


def modified_at(device: Device) -> datetime:
    """When it was last added, registered, activated or changed by somebody."""
    later = (device.registered_at, device.activated_at, device.changed_at)
    return max([device.created_at, *filter(None, later)])


def certificate(device: Device, device_secret: str) -> dict[str, str]:
    """With product; the secret is empty for a key that is not told it."""
    return {
        "IotId": device.iot_id,
        "ProductKey": device.product.product_key,
        "DeviceName": device.device_name,
        "DeviceSecret": device_secret,
        "Nickname": device.nickname,
    }


def secrets_of(call: Call, devices: Collection[Device]) -> dict[int, str]:
    """DeviceSecrets by the devices' ids, empty ones for a key that is not told them.

    All are of one product. That they were told is noted in the audit trail.
    """
    told = {device.pk: "" for device in devices}
    product = next((device.product for device in devices), None)
    if product is None or not call.reveals(product.product_key):
        return told
    note_reading(call.actor, product, "device")
    # Of a device that was deleted just now, the empty one stays.
    return told | dict(Device.objects.filter(pk__in=told).values_list("pk", "device_secret"))
