"""The ClientIDs of a preregistration-free device: who has them, Switch, Clear."""

from devices.api.manage import NOT_EXISTED, done
from devices.api.naming import device_by_iot_id
from devices.api.telling import milliseconds
from devices.last_seen import client_id_rows
from devices.operations import manage, manage_many
from operators.models import AccessKeyScope
from operators.rpc_registry import Actions, Answer, Call, refused_as

ACTIONS = Actions()
# Said by these actions alone (console_api.md 3.4).
_SUCCESS = {"Code": "Success"}
_FAILED = "iot.common.InvalidFormattedParameter"


@ACTIONS.add("QueryClientIds", AccessKeyScope.READ_ONLY, per_second=10)
def query_client_ids(call: Call) -> Answer:
    """Those that may connect, at most five, in the order they were issued."""
    device = device_by_iot_id(call)
    issued = [
        {"ClientId": row.client_id, "CreateTime": milliseconds(row.issued_at)}
        for row in client_id_rows(device)
    ]
    return _SUCCESS | {"Data": {"IotId": device.iot_id, "DynamicRegClientIds": issued}}


@ACTIONS.add("TransformClientId", AccessKeyScope.DEVICES, per_second=10)
def transform_client_id(call: Call) -> Answer:
    """Switch: this one is kept, all others are cut off, and new ones refused until allowed."""
    client_id = call.parameters.required("ClientId")
    device = device_by_iot_id(call, change=True)
    # Of a device that was given its name meanwhile, this is no ClientID.
    with refused_as(_FAILED, device_name=NOT_EXISTED):
        manage.switch(call.actor, device.product.product_key, device.device_name, client_id)
    return _SUCCESS


@ACTIONS.add("DeleteClientIds", AccessKeyScope.DEVICES, per_second=10)
def delete_client_ids(call: Call) -> Answer:
    """Clear: all are cut off; the devices may register again while the switch is on."""
    device = device_by_iot_id(call, change=True)
    done(manage_many.clear(call.actor, [device.pk]))
    return _SUCCESS
