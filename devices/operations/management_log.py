"""Log entries about acts of operators and back ends."""

from devices.models import Device
from logs.models import ServiceType
from logs.operations.log_writer import Event
from logs.reasons import Reason
from logs.trace_ids import trace_of
from operators.actor import Actor


def management_event(device: Device, operation: str, actor: Actor) -> Event:
    """An operator's or back end's act on one device."""
    return Event(
        service_type=ServiceType.MANAGEMENT,
        operation=operation,
        reason=Reason.OK,
        trace_id=trace_of(device.iot_id),
        product_key=device.product.product_key,
        device_name=device.device_name,
        address=actor.address,
        detail={"by": str(actor)},
    )
