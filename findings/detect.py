"""Looking at what the log has got since the last time. A worker does it every few seconds.

Only devices that did something are looked at, and of their entries only those of the last
minutes: it costs the same however long the log is, and nothing on the path of a device.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Prefetch, Q, QuerySet

from devices.device_state import with_product
from devices.models import ClientBinding, Device
from findings.alternation import most_within, taking_turns
from findings.evidence import (
    MOST_ENTRIES,
    REGISTRATIONS,
    Evidence,
    by_address,
    by_client_id,
    parties_of,
)
from findings.models import FindingKind
from findings.operations import Sign, observe
from logs.models import LogEntry
from logs.operations.log_cursor import Passage, read_on
from logs.reasons import Reason

READER = "findings"
_CHUNK = 2000
_ACCEPTED = Q(operation__in=(*REGISTRATIONS, "online"), code="200") | Q(reason=Reason.TAKEOVER)

Name = tuple[str, str]  # ProductKey, DeviceName


@dataclass(slots=True)
class _Busy:
    """Devices that did something in a passage, and when it begins."""

    since: datetime
    connected: set[Name] = field(default_factory=set)
    kicked: set[Name] = field(default_factory=set)
    registered: set[Name] = field(default_factory=set)


def detect(now: datetime) -> int:
    """Read on in the log and note what it is a sign of; returns how many entries were read."""
    read = 0
    while chunk := _look_at_chunk(now):
        read += chunk
    return read


def _look_at_chunk(now: datetime) -> int:
    with transaction.atomic():
        passage = read_on(READER, now, most=_CHUNK)
        busy = _busy(passage) if passage else None
        if busy:
            for sign in (*_shared(busy), *_flapping(busy), *_several_client_ids(busy)):
                observe(sign)
    return len(passage.pks)


def _busy(passage: Passage) -> _Busy | None:
    rows = list(
        passage.entries.filter(_ACCEPTED).values_list(
            "at", "product_key", "device_name", "operation", "reason"
        )
    )
    if not rows:
        return None
    busy = _Busy(min(row[0] for row in rows))
    for _, product_key, device_name, operation, reason in rows:
        name = product_key, device_name
        if reason == Reason.TAKEOVER:
            busy.kicked.add(name)
        elif operation == "online":
            busy.connected.add(name)
        elif operation == "regnwl":
            busy.registered.add(name)
    return busy


# --- One credential, two addresses in turn ----------------------------------------------------
def _shared(busy: _Busy) -> Iterable[Sign]:
    within = timedelta(minutes=settings.FINDING_SHARED_MINUTES)
    online = _recent(busy.connected, busy.since - within).filter(operation="online", code="200")
    moved = (
        online.values("product_key", "device_name", "client_id")
        .annotate(addresses=Count("address", distinct=True))
        .filter(addresses__gt=1)
        .values_list("product_key", "device_name", "client_id")
    )
    suspects = list(moved.order_by())
    devices = _devices({(product_key, device_name) for product_key, device_name, _ in suspects})
    for product_key, device_name, client_id in suspects:
        device = devices.get((product_key, device_name))
        if device and (sign := _shared_sign(device, client_id, online, within)):
            yield sign


def _shared_sign(
    device: Device, client_id: str, online: QuerySet[LogEntry], within: timedelta
) -> Sign | None:
    seen = list(
        online.filter(
            product_key=device.product.product_key,
            device_name=device.device_name,
            client_id=client_id,
            address__isnull=False,
        ).order_by("pk")
    )
    addresses = taking_turns([(e.at, e.address or "") for e in seen], within)
    if not addresses:
        return None
    entries = _history(device).filter(client_id=client_id, address__in=addresses)
    evidence = Evidence(
        parties_of(_oldest_first(entries), by_address),
        {"addresses": len(addresses), "minutes": settings.FINDING_SHARED_MINUTES},
        tuple(sorted(addresses)),
    )
    last = seen[-1].at
    return Sign(FindingKind.SHARED, device.product, last, evidence, device, client_id)


# --- Takeovers in a row ---------------------------------------------------------------------------
def _flapping(busy: _Busy) -> Iterable[Sign]:
    within = timedelta(minutes=settings.FINDING_TAKEOVER_MINUTES)
    kicks = _recent(busy.kicked, busy.since - within).filter(reason=Reason.TAKEOVER)
    often = (
        kicks.values("product_key", "device_name")
        .annotate(times=Count("pk"))
        .filter(times__gte=settings.FINDING_TAKEOVERS)
        .values_list("product_key", "device_name")
    )
    for device in _devices(set(often.order_by())).values():
        own = kicks.filter(
            product_key=device.product.product_key, device_name=device.device_name
        ).order_by("pk")
        moments = sorted(own.values_list("at", flat=True))
        times = most_within(moments, within)
        if times >= settings.FINDING_TAKEOVERS:
            yield _flapping_sign(device, moments[-1], times)


def _flapping_sign(device: Device, last: datetime, times: int) -> Sign:
    entries = _oldest_first(_history(device))
    several = len({entry.client_id for entry in entries}) > 1
    parties = parties_of(entries, by_client_id if several else by_address)
    facts = {"takeovers": times, "minutes": settings.FINDING_TAKEOVER_MINUTES}
    evidence = Evidence(parties, facts, tuple(party.name for party in parties))
    return Sign(FindingKind.FLAPPING, device.product, last, evidence, device)


# --- Several ClientIDs ----------------------------------------------------------------------------
def _several_client_ids(busy: _Busy) -> Iterable[Sign]:
    for device in _devices(busy.registered).values():
        if len(device.bindings.all()) > 1:
            yield client_ids_sign(device)


def client_ids_sign(device: Device) -> Sign:
    """The device comes from `_devices`: with its product and live bindings."""
    live = {binding.client_id: binding for binding in device.bindings.all()}
    entries = LogEntry.objects.filter(_ACCEPTED, client_id__in=live).order_by("-pk")
    parties = parties_of(_oldest_first(entries), by_client_id)
    evidence = Evidence(parties, {"client_ids": len(live)}, tuple(sorted(live)))
    last = max(binding.issued_at for binding in live.values())
    return Sign(FindingKind.CLIENT_IDS, device.product, last, evidence, device)


# --- Reading ------------------------------------------------------------------------------------
def _recent(names: Collection[Name], since: datetime) -> QuerySet[LogEntry]:
    """Entries of these devices since then. May have some of their namesakes in other products."""
    first = (
        LogEntry.objects.filter(at__gte=since)
        .order_by("at", "pk")
        .values_list("pk", flat=True)
        .first()
    )
    # Ids are in the order of time but for seconds: the floor lets the device's index seek.
    return LogEntry.objects.filter(
        product_key__in={key for key, _ in names},
        device_name__in={name for _, name in names},
        pk__gte=first or 0,
        at__gte=since,
    )


def _history(device: Device) -> QuerySet[LogEntry]:
    """Read one device's accepted attempts from the log, newest first."""
    return LogEntry.objects.filter(
        _ACCEPTED,
        product_key=device.product.product_key,
        device_name=device.device_name,
    ).order_by("-pk")


def _oldest_first(entries: QuerySet[LogEntry]) -> list[LogEntry]:
    return list(entries[:MOST_ENTRIES])[::-1]


def _devices(names: Collection[Name]) -> dict[Name, Device]:
    """Those that exist, with product and live bindings."""
    if not names:
        return {}
    live = ClientBinding.objects.filter(voided_at__isnull=True)
    named = Device.objects.filter(
        product__product_key__in={key for key, _ in names},
        device_name__in={name for _, name in names},
    )
    found = with_product(named).prefetch_related(Prefetch("bindings", queryset=live))
    devices = {(device.product.product_key, device.device_name): device for device in found}
    return {name: device for name, device in devices.items() if name in names}
