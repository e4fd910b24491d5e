"""Five slots per DeviceName: which ClientID is issued, and which gives way."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q

from common.sql.bulk_insert import Writer
from common.sql.compiled_queries import Param, Prepared
from devices.credentials import new_client_id, new_device_token, token_digest
from devices.models import MAX_CLIENT_IDS, ClientBinding, VoidReason
from devices.operations.refusal import Refused
from logs.reasons import Reason
from registration.operations.locked_devices import HeldDevice


@dataclass(frozen=True, slots=True)
class ClientIdIssued:
    """The answer to authType=regnwl. `voided_client_id` gave its slot, if one had to."""

    client_id: str
    device_token: str = field(repr=False)
    voided_client_id: str = ""


class _Binding(NamedTuple):
    device_id: int
    slot: int
    client_id: str
    issued_at: datetime
    unclaimed: bool


_LIVE = Prepared(
    _Binding,
    lambda: ClientBinding.objects.filter(
        device__among=Param("devices"), voided_at__isnull=True
    ).values_list(
        *("device_id", "slot", "client_id", "issued_at"),
        ExpressionWrapper(Q(first_connected_at__isnull=True), BooleanField()),
    ),
)
_BINDINGS = Writer(
    ClientBinding,
    ("device", "slot", "client_id", "token_digest"),
    alike=("issued_at",),
)


class ClientIds:
    """Issues ClientIDs under devices that the caller has locked; `save` writes them all."""

    def __init__(self, devices: Collection[HeldDevice], now: datetime) -> None:
        self._now = now
        self._held = _live_bindings(devices)
        self._issued: list[tuple[int, int, str, str]] = []
        self._voided: list[str] = []

    def issue(self, device: HeldDevice) -> ClientIdIssued | Refused:
        """A ClientID and DeviceToken, or Refused when the device's five are taken."""
        slots = self._held[device.pk]
        slot = next((n for n in range(MAX_CLIENT_IDS) if n not in slots), None)
        gave_way = _reclaimable(slots.values(), self._now) if slot is None else None
        if gave_way:
            self._voided.append(gave_way.client_id)
            slot = gave_way.slot
        if slot is None:
            return Refused(Reason.CLIENT_ID_LIMIT)
        client_id, token = new_client_id(), new_device_token()
        slots[slot] = _Binding(device.pk, slot, client_id, self._now, unclaimed=True)
        self._issued.append((device.pk, slot, client_id, token_digest(token)))
        return ClientIdIssued(client_id, token, gave_way.client_id if gave_way else "")

    def save(self) -> None:
        if self._voided:
            ClientBinding.objects.filter(client_id__among=self._voided).update(
                voided_at=self._now, void_reason=VoidReason.RECLAIMED
            )
        _BINDINGS.write(self._issued, issued_at=self._now)


def _live_bindings(devices: Iterable[HeldDevice]) -> dict[int, dict[int, _Binding]]:
    """By device id, then by slot."""
    held: dict[int, dict[int, _Binding]] = {device.pk: {} for device in devices}
    if known := {device.pk for device in devices if not device.new}:
        for binding in _LIVE(devices=known):
            held[binding.device_id][binding.slot] = binding
    return held


def _reclaimable(bindings: Iterable[_Binding], now: datetime) -> _Binding | None:
    """The oldest one issued long enough ago that never connected: its device lost its token."""
    too_old = now - timedelta(seconds=settings.UNCLAIMED_CLIENT_ID_SECONDS)
    unclaimed = [b for b in bindings if b.unclaimed and b.issued_at < too_old]
    return min(unclaimed, key=lambda binding: binding.issued_at, default=None)
