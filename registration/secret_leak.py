"""Devices that a leaked ProductSecret may have let in: all registered since a time. Read only."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from common.sql.paging import Portion
from devices.device_state import registered_since, state_of, with_product, with_state
from devices.models import Device, DeviceState
from logs.models import LogEntry, ServiceType
from products.models import Product

# A spreadsheet holds a million; so many are a matter of seconds.
EXPORT_MOST = 100_000
_CHUNK = 500

HEADER = (
    "DeviceName",
    "State",
    "Registered (UTC)",
    "Address",
    "authType",
    "SDK",
    "ProductSecret version",
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A device with the latest registration it has made.

    Address, mode and SDK are the log's word, and empty when the log does not go back so far.
    """

    device: Device
    state: DeviceState
    at: datetime
    address: str
    mode: str
    sdk: str

    def cells(self) -> Sequence[str]:
        """In the order of HEADER."""
        device = self.device
        return (
            device.device_name,
            str(self.state.label),
            f"{self.at:%Y-%m-%d %H:%M:%S}",
            self.address,
            self.mode,
            self.sdk,
            str(device.secret_version),
        )


def devices_since(product: Product, since: datetime) -> QuerySet[Device]:
    devices = with_product(Device.objects.filter(product=product))
    return registered_since(with_state(devices), since)


def registered(product: Product, devices: Sequence[Device]) -> list[Registered]:
    """One query: a registration and its log entry bear the same time."""
    moments = {device.registered_at for device in devices if device.registered_at}
    entries = LogEntry.objects.filter(
        at__in=moments,
        product_key=product.product_key,
        service_type=ServiceType.REGISTRATION,
        code="200",
    )
    told = {(entry.device_name, entry.at): entry for entry in entries}
    return [
        _registered(
            device, device.registered_at, told.get((device.device_name, device.registered_at))
        )
        for device in devices
        if device.registered_at
    ]


def _registered(device: Device, at: datetime, entry: LogEntry | None) -> Registered:
    detail = entry.detail if entry else {}
    return Registered(
        device=device,
        state=state_of(device),
        at=at,
        address=(entry and entry.address) or "",
        mode=detail.get("mode", ""),
        sdk=detail.get("sdk", ""),
    )


def export_rows(
    product: Product, portions: Iterable[Portion[Device]], most: int = EXPORT_MOST
) -> Iterator[Sequence[str]]:
    """The header, then the devices of `portions`; a last row says when some were left out."""
    yield HEADER
    left = most
    for portion in portions:
        shown = portion.rows[:left]
        for start in range(0, len(shown), _CHUNK):
            yield from (row.cells() for row in registered(product, shown[start : start + _CHUNK]))
        if len(portion.rows) > left:
            yield [_("Older devices were left out: this file ends at %(most)s.") % {"most": most}]
            return
        left -= len(shown)
