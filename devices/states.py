"""What is told about devices: their state, the totals, the security-compromised. Read only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from devices.models import ClientBinding, Device, DeviceState, Session


def with_state(devices: QuerySet[Device]) -> QuerySet[Device]:
    """Annotate `online` (bool), from which `state_of` derives the state."""
    return devices.annotate(online=Exists(_live_session()))


def state_of(device: Device) -> DeviceState:
    """Needs a device from `with_state`."""
    if not device.enabled:
        return DeviceState.DISABLED
    if device.activated_at is None:
        return DeviceState.INACTIVE
    online: bool = device.online  # type: ignore[attr-defined]  # annotated by with_state
    return DeviceState.ONLINE if online else DeviceState.OFFLINE


def in_state(devices: QuerySet[Device], state: str) -> QuerySet[Device]:
    """Only the devices whose `state_of` is `state`."""
    live = Exists(_live_session())
    if state == DeviceState.DISABLED:
        return devices.filter(enabled=False)
    devices = devices.filter(enabled=True)
    if state == DeviceState.INACTIVE:
        return devices.filter(activated_at__isnull=True)
    devices = devices.filter(activated_at__isnull=False)
    return devices.filter(live) if state == DeviceState.ONLINE else devices.exclude(live)


def compromised(devices: QuerySet[Device]) -> QuerySet[Device]:
    """Devices with more than one live ClientID: clones (mission.md)."""
    return devices.filter(pk__in=several_client_ids())


def several_client_ids() -> QuerySet[ClientBinding, int]:
    """Ids of devices with more than one live ClientID."""
    return (
        ClientBinding.objects.filter(voided_at__isnull=True)
        .values("device_id")
        .annotate(live=Count("id"))
        .filter(live__gt=1)
        .values_list("device_id", flat=True)
    )


def with_old_secret(devices: QuerySet[Device]) -> QuerySet[Device]:
    """Those that registered with an old ProductSecret since it was rotated the last time."""
    return devices.filter(
        registered_at__gte=F("product__secret_rotated_at"),
        secret_version__lt=F("product__secret_version"),
    )


def registered_since(devices: QuerySet[Device], since: datetime) -> QuerySet[Device]:
    """Those that were handed a DeviceSecret or ClientID since then."""
    return devices.filter(registered_at__gte=since)


@dataclass(frozen=True, slots=True)
class Totals:
    """As the platform's QueryDeviceStatistics: deviceCount, activeCount, onlineCount."""

    total: int
    activated: int
    online: int


def totals(product_key: str = "", *, within: Iterable[str] | None = None) -> Totals:
    """Counts over one product, or over all when `product_key` is empty.

    `within` are the ProductKeys that count at all, None for every product.
    """
    devices = Device.objects.all()
    sessions = Session.objects.filter(ended_at__isnull=True)
    if product_key:
        devices = devices.filter(product__product_key=product_key)
        sessions = sessions.filter(device__product__product_key=product_key)
    if within is not None:
        keys = list(within)
        devices = devices.filter(product__product_key__in=keys)
        sessions = sessions.filter(device__product__product_key__in=keys)
    counted = devices.aggregate(
        total=Count("pk"), activated=Count("pk", filter=Q(activated_at__isnull=False))
    )
    return Totals(counted["total"], counted["activated"], sessions.count())


def _live_session() -> QuerySet[Session]:
    return Session.objects.filter(device=OuterRef("pk"), ended_at__isnull=True)
