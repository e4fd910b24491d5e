"""State of devices, totals, and the security-compromised ones. Read only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum

from common.web.filters import Keys
from devices.models import ClientBinding, Device, DeviceCount, DeviceState, Session
from products.models import Product


def with_product(devices: QuerySet[Device]) -> QuerySet[Device]:
    """With their product, and without secrets: decrypting one costs as much as reading its row."""
    return devices.select_related("product").defer("device_secret", "product__product_secret")


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
    """Devices with more than one live ClientID: clones (rules.md 3)."""
    return devices.filter(pk__in=several_client_ids())


def several_client_ids() -> QuerySet[ClientBinding, int]:
    """Ids of devices with more than one live ClientID.

    Of two live ones at most one has the first slot. So the search begins with those in another
    slot, of which there are few; the rest of them is what Switch has kept.
    """
    live = ClientBinding.objects.filter(voided_at__isnull=True)
    another = live.filter(device=OuterRef("device"), slot__lt=OuterRef("slot"))
    further = live.filter(Exists(another), slot__gt=0)
    return further.order_by().values_list("device_id", flat=True).distinct()


def keys_in_state(state: str, product: Product | None) -> Iterator[Keys]:
    """Ids of the devices with that state, and of some others; nothing when no index knows."""
    devices = Device.objects.order_by()
    sessions = Session.objects.order_by().filter(ended_at__isnull=True)
    if product:
        devices, sessions = devices.filter(product=product), sessions.filter(product=product)
    if state == DeviceState.ONLINE:
        yield sessions.values_list("device_id", flat=True)
    elif state == DeviceState.DISABLED:
        yield devices.filter(enabled=False).values_list("pk", flat=True)
    elif state == DeviceState.INACTIVE:
        yield devices.filter(activated_at__isnull=True).values_list("pk", flat=True)


def device_ids_in_state(product: Product, state: DeviceState) -> QuerySet[Any, int]:
    """Ids of the devices whose `state_of` is `state`, newest first, from the index that knows."""
    if state == DeviceState.ONLINE:
        sessions = Session.objects.filter(product=product, ended_at__isnull=True)
        own = sessions.filter(device__enabled=True, device__activated_at__isnull=False)
        return own.order_by("-device_id").values_list("device_id", flat=True)
    devices = in_state(Device.objects.filter(product=product), state)
    return devices.order_by("-pk").values_list("pk", flat=True)


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
    """Exact counts over one product, or over all when `product_key` is empty; two queries.

    `within` are the ProductKeys that count at all, None for every product.
    """
    counts = DeviceCount.objects.all()
    sessions = Session.objects.filter(ended_at__isnull=True)
    for keys in ([product_key] if product_key else None, within):
        if keys is not None:
            products = Product.objects.filter(product_key__in=list(keys)).values("pk")
            counts = counts.filter(product__in=products)
            sessions = sessions.filter(product__in=products)
    counted = counts.aggregate(total=Sum("total"), activated=Sum("activated"))
    return Totals(counted["total"] or 0, counted["activated"] or 0, sessions.count())


def tally(product: Product) -> dict[DeviceState, int]:
    """How many devices are in each state; those of a large state are not looked at one by one."""
    counted = totals(product.product_key)
    disabled = Device.objects.filter(product=product, enabled=False)
    cut_off = disabled.aggregate(all=Count("pk"), activated=Count("activated_at"))
    # Their sessions are about to end.
    ending = disabled.filter(Exists(_live_session())).count()
    enabled = counted.total - cut_off["all"]
    activated = counted.activated - cut_off["activated"]
    online = counted.online - ending
    return {
        DeviceState.INACTIVE: enabled - activated,
        DeviceState.ONLINE: online,
        DeviceState.OFFLINE: activated - online,
        DeviceState.DISABLED: cut_off["all"],
    }


def _live_session() -> QuerySet[Session]:
    return Session.objects.filter(device=OuterRef("pk"), ended_at__isnull=True)
