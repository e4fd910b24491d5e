"""Devices by what an operator has at hand: the start of a name, an IotId, a ClientID. Read only."""

from django.db.models import Q, QuerySet

from common.sql.prefix_lookup import in_byte_order
from common.web.filters import FEW, Keys
from devices.access import visible_devices
from devices.models import ClientBinding, Device
from operators.models import Operator

# Identifiers are drawn by lot: a short beginning fits many and means none.
IDENTIFIER_LENGTH = 8
# So many are read and sorted by their names.
_FEW = 200


def names_beginning(text: str) -> Q:
    """Devices whose DeviceName, alias, IotId or ClientID begins so, small and capital apart."""
    named = Q(device_name__prefix=text) | Q(nickname__prefix=text)
    if not _may_be_identifier(text):
        return named
    issued = ClientBinding.objects.filter(client_id__prefix=text)
    return named | Q(iot_id__prefix=text) | Q(pk__in=issued.values("device_id"))


def keys_beginning(text: str) -> Keys:
    """The same devices by their keys, a device maybe twice; each part has its index."""
    devices = Device.objects.order_by()
    named = devices.filter(device_name__prefix=text).values_list("pk", flat=True)
    parts = [devices.filter(nickname__prefix=text).exclude(nickname="")]
    if _may_be_identifier(text):
        parts.append(devices.filter(iot_id__prefix=text))
        issued = ClientBinding.objects.order_by().filter(client_id__prefix=text)
        named = named.union(issued.values_list("device_id", flat=True), all=True)
    return named.union(*(part.values_list("pk", flat=True) for part in parts), all=True)


def searchable_devices(operator: Operator) -> QuerySet[Device]:
    """Those the operator may look at; few of them by their keys, lest all names be gone through."""
    devices = visible_devices(operator)
    if operator.sees_every_product:
        return devices
    keys = list(devices.order_by().values_list("pk", flat=True)[: FEW + 1])
    return devices if len(keys) > FEW else Device.objects.filter(pk__in=keys)


def find_devices(devices: QuerySet[Device], text: str, *, most: int) -> list[Device]:
    """At most `most` of `devices`: an exact identifier alone, else what begins so, by DeviceName.

    When that fits very many, those whose DeviceName begins so.
    """
    exact = _by_identifier(devices, text)
    if exact:
        return exact
    keys = list(keys_beginning(text)[: _FEW + 1])
    if len(keys) > _FEW:
        named = devices.filter(device_name__prefix=text)
        return list(named.order_by(in_byte_order("device_name"))[:most])
    found = devices.filter(pk__in=keys).order_by()
    return sorted(found, key=lambda device: device.device_name)[:most]


def _by_identifier(devices: QuerySet[Device], text: str) -> list[Device]:
    if not _may_be_identifier(text):
        return []
    # Two look-ups: joined by OR, PostgreSQL would read every device.
    issued = ClientBinding.objects.filter(client_id=text).values("device_id")
    return list(devices.filter(iot_id=text)) or list(devices.filter(pk__in=issued))


def _may_be_identifier(text: str) -> bool:
    return len(text) >= IDENTIFIER_LENGTH and text.isalnum()
