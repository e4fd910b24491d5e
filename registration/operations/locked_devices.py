"""The devices that registrations name, held until the transaction ends, and made where missing."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, Q, TextField
from django.db.models.functions import Cast

from common.crypto.encrypted_fields import decrypt
from common.sql.bulk_insert import Writer
from common.sql.compiled_queries import Each, Prepared
from devices.credentials import new_device_secret, new_iot_id
from devices.models import ClientBinding, Device
from registration.operations.proof import Name, Proven


@dataclass(slots=True, eq=False)
class HeldDevice:
    """Columns that decide about a registration. `new`: made for it, in this transaction."""

    pk: int
    product_id: int
    device_name: str
    iot_id: str
    sealed_secret: str = field(repr=False)
    preregistered: bool
    enabled: bool
    registration_refused: bool
    secret_blocked: bool
    claimed: bool
    secret_version: int
    counted_in: int
    new: bool = False

    @property
    def device_secret(self) -> str:
        return decrypt(self.sealed_secret)


Devices = dict[Name, HeldDevice]

# In the order of the primary key, as everybody who locks several does.
_LOCKED = Prepared(
    HeldDevice,
    lambda: (
        Device.objects.select_for_update()
        .filter(pk__among=Each(("product", "device_name"), "names"))
        .order_by("pk")
        .values_list(
            *("pk", "product_id", "device_name", "iot_id"),
            Cast("device_secret", TextField()),
            *("preregistered", "enabled", "registration_refused", "secret_blocked"),
            ExpressionWrapper(Q(claimed_at__isnull=False), BooleanField()),
            *("secret_version", "counted_in"),
        )
    ),
)
_NEW = Writer(
    Device,
    ("product", "device_name", "iot_id", "device_secret", "secret_version"),
    alike=("preregistered", "created_at", "registered_at"),
    unique=("device_name", "product"),
)
_WITH_CLIENT_IDS = Prepared(
    int,
    lambda: (
        ClientBinding.objects.filter(pk__among=Each(("device",), "devices"))
        .order_by()
        .values_list("device_id")
    ),
)


def hold_devices(requests: Collection[Proven], now: datetime) -> Devices:
    """The devices asked for, locked; those that preregistration-free requests lack are made."""
    devices = _lock(requests)
    regnwl = {r.request.name: r for r in requests if r.regnwl}
    missing = [regnwl[name] for name in sorted(regnwl.keys() - devices.keys())]
    if missing:
        devices |= _make(missing, now)
    return devices


def _lock(requests: Collection[Proven]) -> Devices:
    products = {r.product.pk: r.product.product_key for r in requests}
    names = {(r.product.pk, r.request.params.device_name) for r in requests}
    return {(products[d.product_id], d.device_name): d for d in _LOCKED(names=names)}


def _make(missing: Collection[Proven], now: datetime) -> Devices:
    """Their first request is about to be served. An operator may be adding one of the names at
    this moment; then his is left as it is."""
    rows = [
        (
            *(r.product.pk, r.request.params.device_name, new_iot_id()),
            *(new_device_secret(), r.secret_version),
        )
        for r in missing
    ]
    _NEW.write(rows, preregistered=False, created_at=now, registered_at=now)
    devices = _lock(missing)
    for device in devices.values():
        device.new = not device.preregistered
    return devices


def with_claimed_certificate(devices: Iterable[HeldDevice]) -> set[int]:
    """Ids of the pre-registered devices that are in use by their DeviceSecret alone."""
    claimed = {d.pk for d in devices if d.preregistered and d.claimed}
    return claimed and claimed - set(_WITH_CLIENT_IDS(devices=claimed))
