"""Update the rows of the devices that a batch served."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Case, DateTimeField, F, IntegerField, When

from common.sql.compiled_queries import Param, PreparedUpdate
from devices.models import Device
from registration.operations.locked_devices import HeldDevice

_REGISTERED = PreparedUpdate(
    lambda: Device.objects.filter(pk__among=Param("devices")),
    registered_at=Param("now", DateTimeField()),
)


class Served:
    """Devices that were handed something at `now`. They must be locked by the caller."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._served: set[int] = set()
        self._stale: set[int] = set()  # whose rows say otherwise
        self._versions: dict[int, int] = {}
        self._windows: dict[int, int] = {}

    def __contains__(self, device: HeldDevice) -> bool:
        return device.pk in self._served

    def note(self, device: HeldDevice, secret_version: int) -> None:
        """`device` has registered with that version of the ProductSecret."""
        self._served.add(device.pk)
        if not device.new:
            self._stale.add(device.pk)
        if device.secret_version != secret_version:
            device.secret_version = self._versions[device.pk] = secret_version

    def count(self, device: HeldDevice, window: int) -> None:
        """That registration window has counted the delivery of its DeviceSecret."""
        device.counted_in = self._windows[device.pk] = window

    def save(self) -> None:
        """One UPDATE; columns that rarely change are left out while they do not."""
        keys = self._stale | self._versions.keys() | self._windows.keys()
        changes: dict[str, object] = {}
        if self._versions:
            changes["secret_version"] = _by_device(self._versions, "secret_version")
        if self._windows:
            changes["counted_in"] = _by_device(self._windows, "counted_in")
        if changes:
            served = Device.objects.filter(pk__among=keys)
            served.update(registered_at=self._now, **changes)
        elif keys:
            _REGISTERED(devices=keys, now=self._now)


def _by_device(values: Mapping[int, int], column: str) -> Case:
    keys: defaultdict[int, list[int]] = defaultdict(list)
    for key, value in values.items():
        keys[value].append(key)
    whens = [When(pk__among=some, then=value) for value, some in keys.items()]
    return Case(*whens, default=F(column), output_field=IntegerField())
