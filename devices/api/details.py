"""API actions that tell what a device is, and where it is."""

from collections.abc import Sequence
from typing import Any

from devices.api.naming import Name, device_of, devices_named
from devices.api.telling import (
    certificate,
    local,
    milliseconds,
    secrets_of,
    status,
    status_since,
    utc,
)
from devices.last_seen import latest_sessions
from devices.models import Device, Session
from operators.models import AccessKeyScope
from operators.rpc_registry import Actions, Answer, BusinessError, Call

ACTIONS = Actions()
# Devices whose states are asked for at once.
MOST_STATES = 50


@ACTIONS.add("QueryDeviceDetail", AccessKeyScope.READ_ONLY, per_second=50)
def query_device_detail(call: Call) -> Answer:
    """Region and firmware version are not known here, so they are empty."""
    device = device_of(call)
    latest = latest_sessions([device.pk]).get(device.pk)
    online = latest.connected_at if latest else None
    return {
        "Data": {
            **_certificate(call, device),
            "ProductName": device.product.name,
            "NodeType": device.product.node_type,
            "Status": status(device),
            "Owner": True,
            "Region": "",
            "FirmwareVersion": "",
            "IpAddress": _address(latest),
            "GmtCreate": local(device.created_at),
            "UtcCreate": utc(device.created_at),
            "GmtActive": local(device.activated_at),
            "UtcActive": utc(device.activated_at),
            "GmtOnline": local(online),
            "UtcOnline": utc(online),
        }
    }


@ACTIONS.add("QueryDeviceInfo", AccessKeyScope.READ_ONLY, per_second=500)
def query_device_info(call: Call) -> Answer:
    """The DeviceSecret is empty for a key that may only read."""
    return {"Data": _certificate(call, device_of(call))}


@ACTIONS.add("GetDeviceStatus", AccessKeyScope.READ_ONLY, per_second=500)
def get_device_status(call: Call) -> Answer:
    device = device_of(call)
    latest = latest_sessions([device.pk]).get(device.pk)
    since = milliseconds(status_since(device, latest))
    return {"Data": {"Status": status(device), "Timestamp": since}}


@ACTIONS.add("BatchGetDeviceState", AccessKeyScope.READ_ONLY, per_second=50)
def batch_get_device_state(call: Call) -> Answer:
    """At most 50, in the order they are asked for; those that do not exist are left out."""
    names = _names(call)
    found = devices_named(call, set(names))
    latest = latest_sessions([device.pk for device in found.values()])
    asked = [found[name] for name in names if name in found]
    states = [_state(device, latest.get(device.pk)) for device in asked]
    return {"DeviceStatusList": {"DeviceStatus": states}}


def _names(call: Call) -> Sequence[Name]:
    iot_ids = list(filter(None, call.parameters.listed("IotId", most=MOST_STATES)))
    device_names = call.parameters.listed("DeviceName", most=MOST_STATES)
    if iot_ids:
        return [Name(iot_id) for iot_id in iot_ids]
    if not device_names:
        text = "Devices are named by IotId.1, …, or by ProductKey and DeviceName.1, …"
        raise BusinessError("iot.device.NoneDeviceNameElement", text)
    product_key = call.parameters.text("ProductKey")
    return [Name("", product_key, device_name) for device_name in device_names]


def _state(device: Device, latest: Session | None) -> dict[str, Any]:
    return {
        "IotId": device.iot_id,
        "DeviceId": device.iot_id,
        "DeviceName": device.device_name,
        "Status": status(device),
        "Timestamp": milliseconds(status_since(device, latest)),
        "LastOnlineTime": local(latest.connected_at) if latest else "",
        "AsAddress": _address(latest),
    }


def _certificate(call: Call, device: Device) -> dict[str, str]:
    return certificate(device, secrets_of(call, [device])[device.pk])


def _address(latest: Session | None) -> str:
    return (latest.address or "") if latest else ""
