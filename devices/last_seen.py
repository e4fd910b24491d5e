"""Where and when devices were last seen. Read only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from devices.device_state import state_of
from devices.models import ClientBinding, Device, DeviceState, Session


@dataclass(frozen=True, slots=True)
class Seen:
    """`online` means now; else `at` is when the last connection ended."""

    online: bool
    at: datetime
    client_id: str
    address: str
    sdk: str


@dataclass(frozen=True, slots=True)
class ClientIdRow:
    """One live ClientID of a device, as the Switch dialog lists it."""

    client_id: str
    issued_at: datetime
    first_connected_at: datetime | None
    seen: Seen | None
    current: bool


@dataclass(frozen=True, slots=True)
class DeviceRow:
    device: Device
    state: DeviceState
    seen: Seen | None


def device_rows(devices: list[Device]) -> list[DeviceRow]:
    """Rows for the list; the devices come from `with_state`."""
    seen = last_seen([device.pk for device in devices])
    return [DeviceRow(device, state_of(device), seen.get(device.pk)) for device in devices]


def last_seen(device_ids: Collection[int]) -> dict[int, Seen]:
    """The latest connection of each device that ever made one; one query."""
    seen: dict[int, Seen] = {}
    for session in Session.objects.filter(device__in=device_ids):
        candidate = _seen(session)
        best = seen.get(session.device_id)
        if best is None or (candidate.online, candidate.at) > (best.online, best.at):
            seen[session.device_id] = candidate
    return seen


def latest_sessions(device_ids: Collection[int]) -> dict[int, Session]:
    """The latest connection of each device that ever made one, as a whole; one query."""
    latest: dict[int, Session] = {}
    for session in Session.objects.filter(device__in=device_ids):
        best = latest.get(session.device_id)
        if best is None or _begun(session) > _begun(best):
            latest[session.device_id] = session
    return latest


def _begun(session: Session) -> tuple[bool, datetime]:
    return session.ended_at is None, session.connected_at


def client_id_rows(device: Device) -> list[ClientIdRow]:
    """The device's live ClientIDs in the order they were issued; two queries."""
    sessions = {s.client_id: _seen(s) for s in Session.objects.filter(device=device)}
    live = ClientBinding.objects.filter(device=device, voided_at__isnull=True)
    return [_row(binding, sessions.get(binding.client_id)) for binding in live.order_by("pk")]


def current_client_id(rows: Collection[ClientIdRow]) -> str:
    """The ClientID of the current connection, else of the latest one; empty when there is none."""
    connected = [row for row in rows if row.seen]
    if not connected:
        return ""
    return max(connected, key=lambda row: (row.current, row.seen and row.seen.at)).client_id


def _row(binding: ClientBinding, seen: Seen | None) -> ClientIdRow:
    return ClientIdRow(
        client_id=binding.client_id,
        issued_at=binding.issued_at,
        first_connected_at=binding.first_connected_at,
        seen=seen,
        current=bool(seen and seen.online),
    )


def _seen(session: Session) -> Seen:
    return Seen(
        online=session.ended_at is None,
        at=session.ended_at or session.connected_at,
        client_id=session.client_id,
        address=session.address or "",
        sdk=session.sdk,
    )
