"""Five slots per DeviceName: which ClientID is issued, and which gives way."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from devices.credentials import new_client_id, new_device_token, token_digest
from devices.models import MAX_CLIENT_IDS, ClientBinding, Device, VoidReason
from devices.operations.outcome import Refused


@dataclass(frozen=True, slots=True)
class ClientIdIssued:
    """The answer to authType=regnwl. `voided_client_id` gave its slot, if one had to."""

    client_id: str
    device_token: str = field(repr=False)
    voided_client_id: str = ""


class ClientIds:
    """Issues ClientIDs under devices that the caller has locked; `save` writes them all."""

    def __init__(self, devices: Collection[Device], now: datetime) -> None:
        self._now = now
        self._held = _live_bindings(devices) if devices else {}
        self._issued: list[ClientBinding] = []
        self._voided: list[ClientBinding] = []

    def issue(self, device: Device) -> ClientIdIssued | Refused:
        """A ClientID and DeviceToken, or Refused when the device's five are taken."""
        slots = self._held.setdefault(device.pk, {})
        slot = next((n for n in range(MAX_CLIENT_IDS) if n not in slots), None)
        gave_way = _reclaimable(slots.values(), self._now) if slot is None else None
        if gave_way:
            self._voided.append(gave_way)
            slot = gave_way.slot
        if slot is None:
            return Refused("client_id_limit")
        token = new_device_token()
        slots[slot] = self._bind(device, slot, token)
        return ClientIdIssued(slots[slot].client_id, token, gave_way.client_id if gave_way else "")

    def _bind(self, device: Device, slot: int, token: str) -> ClientBinding:
        binding = ClientBinding(
            device=device,
            client_id=new_client_id(),
            token_digest=token_digest(token),
            slot=slot,
            issued_at=self._now,
        )
        self._issued.append(binding)
        return binding

    def save(self) -> None:
        if self._voided:
            keys = [binding.pk for binding in self._voided]
            ClientBinding.objects.filter(pk__in=keys).update(
                voided_at=self._now, void_reason=VoidReason.RECLAIMED
            )
        ClientBinding.objects.bulk_create(self._issued)


def _live_bindings(devices: Iterable[Device]) -> dict[int, dict[int, ClientBinding]]:
    """By device id, then by slot."""
    held: dict[int, dict[int, ClientBinding]] = {device.pk: {} for device in devices}
    for binding in ClientBinding.objects.filter(device__in=held, voided_at__isnull=True):
        held[binding.device_id][binding.slot] = binding
    return held


def _reclaimable(bindings: Iterable[ClientBinding], now: datetime) -> ClientBinding | None:
    """The oldest one issued long enough ago that never connected: its device lost its token."""
    too_old = now - timedelta(seconds=settings.UNCLAIMED_CLIENT_ID_SECONDS)
    unclaimed = [b for b in bindings if b.first_connected_at is None and b.issued_at < too_old]
    return min(unclaimed, key=lambda binding: binding.issued_at, default=None)
