"""Five slots per DeviceName: which ClientID is issued, and which gives way."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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


def issue_client_ids(devices: Sequence[Device], now: datetime) -> list[ClientIdIssued | Refused]:
    """One ClientID and DeviceToken per element, or Refused when its device's five are taken.

    A device may stand in `devices` several times. All of them must be locked by the caller.
    """
    if not devices:
        return []
    held = _live_bindings(devices)
    issued: list[ClientBinding] = []
    voided: list[ClientBinding] = []
    outcomes = [_issue(device, held[device.pk], now, issued, voided) for device in devices]
    if voided:
        ClientBinding.objects.filter(pk__in=[binding.pk for binding in voided]).update(
            voided_at=now, void_reason=VoidReason.RECLAIMED
        )
    ClientBinding.objects.bulk_create(issued)
    return outcomes


def _live_bindings(devices: Iterable[Device]) -> defaultdict[int, dict[int, ClientBinding]]:
    """By device id, then by slot."""
    held: defaultdict[int, dict[int, ClientBinding]] = defaultdict(dict)
    ids = {device.pk for device in devices}
    for binding in ClientBinding.objects.filter(device__in=ids, voided_at__isnull=True):
        held[binding.device_id][binding.slot] = binding
    return held


def _issue(
    device: Device,
    slots: dict[int, ClientBinding],
    now: datetime,
    issued: list[ClientBinding],
    voided: list[ClientBinding],
) -> ClientIdIssued | Refused:
    slot = next((n for n in range(MAX_CLIENT_IDS) if n not in slots), None)
    gave_way = _reclaimable(slots.values(), now) if slot is None else None
    if gave_way:
        voided.append(gave_way)
        slot = gave_way.slot
    if slot is None:
        return Refused("client_id_limit")
    token = new_device_token()
    slots[slot] = ClientBinding(
        device=device,
        client_id=new_client_id(),
        token_digest=token_digest(token),
        slot=slot,
        issued_at=now,
    )
    issued.append(slots[slot])
    return ClientIdIssued(slots[slot].client_id, token, gave_way.client_id if gave_way else "")


def _reclaimable(bindings: Iterable[ClientBinding], now: datetime) -> ClientBinding | None:
    """The oldest one issued long enough ago that never connected: its device lost its token."""
    too_old = now - timedelta(seconds=settings.UNCLAIMED_CLIENT_ID_SECONDS)
    unclaimed = [b for b in bindings if b.first_connected_at is None and b.issued_at < too_old]
    return min(unclaimed, key=lambda binding: binding.issued_at, default=None)
