"""Things that happen to devices, told as log entries at a time of one's choice."""

from datetime import UTC, datetime, timedelta

from devices.models import Device
from findings.models import Finding, FindingState
from logs.models import ServiceType
from tests.console.logged import logged

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME, AWAY = "192.0.2.10", "198.51.100.20"


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def online(
    device: Device, at: float, address: str = HOME, client_id: str = "", sdk: str = "sdk-c-4.2.0"
) -> None:
    _happens(device, at, "online", "online", address, client_id, sdk)


def kicked(device: Device, at: float, address: str = HOME, client_id: str = "") -> None:
    _happens(device, at, "offline", "takeover", address, client_id)


def _happens(
    device: Device,
    at: float,
    operation: str,
    reason: str,
    address: str,
    client_id: str,
    sdk: str = "",
) -> None:
    logged(
        reason,
        at=minutes(at),
        service_type=ServiceType.DEVICE,
        operation=operation,
        product_key=device.product.product_key,
        device_name=device.device_name,
        client_id=client_id,
        address=address,
        detail={"sdk": sdk} if sdk else {},
    )


def live() -> list[str]:
    """Kinds of the findings that are not resolved."""
    found = Finding.objects.exclude(state=FindingState.RESOLVED)
    return sorted(found.values_list("kind", flat=True))
