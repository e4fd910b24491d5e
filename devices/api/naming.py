"""Which devices a call names: each by its IotId, or by ProductKey and DeviceName; IotId wins."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from devices.device_state import with_state
from devices.models import Device
from operators.rpc_registry import BusinessError, Call, forbidden


@dataclass(frozen=True, slots=True)
class Name:
    """Raises BusinessError when it names nothing."""

    iot_id: str = ""
    product_key: str = ""
    device_name: str = ""

    def __post_init__(self) -> None:
        if self.iot_id:
            return
        text = "A device is named by its IotId, or by its ProductKey and DeviceName."
        if not self.product_key:
            raise BusinessError("iot.prod.NullProductKey", text)
        if not self.device_name:
            raise BusinessError("iot.device.NullDeviceName", text)

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Name":
        if iot_id := fields.get("IotId"):
            return cls(iot_id)
        return cls("", fields.get("ProductKey", ""), fields.get("DeviceName", ""))


def unknown() -> BusinessError:
    """Also for a device of a product that the call's key may not look at."""
    return BusinessError("iot.device.NotExistedDevice", "The device does not exist.")


def named_in(call: Call) -> Name:
    fields = ("IotId", "ProductKey", "DeviceName")
    return Name.of({field: call.parameters.text(field) for field in fields})


def device_of(call: Call, *, change: bool = False) -> Device:
    """The device the call names, with product and state, if its key may look at it or change it."""
    return device_named(call, named_in(call), change=change)


def device_by_iot_id(call: Call, *, change: bool = False) -> Device:
    """For actions that take nothing but an IotId."""
    return device_named(call, Name(call.parameters.required("IotId")), change=change)


def device_named(call: Call, name: Name, *, change: bool = False) -> Device:
    device = devices_named(call, [name]).get(name)
    if device is None:
        raise unknown()
    if change:
        require_change(call, [device])
    return device


def require_change(call: Call, devices: Collection[Device]) -> None:
    for product_key in {device.product.product_key for device in devices}:
        if not call.may_change(product_key):
            raise forbidden("The account of the access key may look at this product only.")


def devices_named(call: Call, names: Collection[Name]) -> dict[Name, Device]:
    """Those that exist and may be looked at; two queries whatever their number."""
    by_iot_id = {name.iot_id: name for name in names if name.iot_id}
    by_name = {(name.product_key, name.device_name): name for name in names if not name.iot_id}
    devices = with_state(Device.objects.select_related("product"))
    devices = devices.defer("device_secret", "product__product_secret")
    found: dict[Name, Device] = {}
    if by_iot_id:
        for device in devices.filter(iot_id__in=by_iot_id):
            found[by_iot_id[device.iot_id]] = device
    if by_name:
        keys, device_names = zip(*by_name, strict=True)
        same = devices.filter(device_name__in=device_names, product__product_key__in=set(keys))
        for device in same:
            # One of these names may exist in another of these products.
            if name := by_name.get((device.product.product_key, device.device_name)):
                found[name] = device
    return {
        name: device
        for name, device in found.items()
        if call.may_look_at(device.product.product_key)
    }
