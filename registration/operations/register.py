"""Dynamic registration of devices, both modes, many requests at a time.

`register` runs inside the caller's transaction; nothing it returns may leave the server before
that is committed. Meanwhile it holds the rows of the products, so that a switch that was turned
off is never followed by an issued secret, and of the devices, so that Switch and Clear wait.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from devices.credentials import decoy_secret
from devices.models import ClientBinding, Device, ServiceType
from devices.operations import log
from devices.operations.outcome import Refused, to_be_logged, told_of
from devices.protocol import signing
from devices.protocol.client_id import RegistrationMode, RegistrationParams
from devices.protocol.sent import Sent
from devices.traces import trace_of
from products.models import Product
from registration.operations.slots import ClientIdIssued, issue_client_ids


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """`signature` is the password as it came: hex in either case, or anything else."""

    params: RegistrationParams
    signature: bytes = field(repr=False)
    trace_id: str
    address: str | None = None
    quiet: bool = False  # in a flood: not logged when refused
    log_later: bool = False  # refused for one of EXAMINED: logged by the caller
    sent: Sent | None = None

    @property
    def name(self) -> "Name":
        return self.params.product_key, self.params.device_name


@dataclass(frozen=True, slots=True)
class SecretIssued:
    """The answer to authType=register. `story` is the trace id of the credential."""

    device_secret: str = field(repr=False)
    story: str = field(default="", compare=False)


Outcome = SecretIssued | ClientIdIssued | Refused
Products = dict[str, Product]  # by ProductKey
Name = tuple[str, str]  # ProductKey and DeviceName
Devices = dict[Name, Device]


def register(requests: Sequence[RegistrationRequest], now: datetime) -> list[Outcome]:
    """One outcome per request, in order. Refusals are logged like successes."""
    products = _lock_products(requests)
    refusals = [_screen(request, products) for request in requests]
    passed = [r for r, refusal in zip(requests, refusals, strict=True) if refusal is None]
    settled = iter(_settle(passed, products, now))
    outcomes = [refusal or next(settled) for refusal in refusals]
    log.write((event_of(*answered) for answered in to_be_logged(requests, outcomes)), now)
    return outcomes


def _lock_products(requests: Iterable[RegistrationRequest]) -> Products:
    keys = {request.params.product_key for request in requests}
    locked = Product.objects.select_for_update(no_key=True).filter(product_key__in=keys)
    return {product.product_key: product for product in locked.order_by("pk")}


def _screen(request: RegistrationRequest, products: Products) -> Refused | None:
    """Everything that can be said without looking at the device.

    An unknown product costs the same as a wrong signature: a decoy is decrypted and verified.
    """
    params = request.params
    product = products.get(params.product_key)
    proven = signing.verify(
        params.sign_method,
        product.product_secret if product else decoy_secret(),
        params.content,
        request.signature,
    )
    if product is None:
        return Refused("product_not_found")
    if not proven:
        return Refused("bad_signature")
    if not product.dynamic_registration:
        return Refused("dynamic_registration_off")
    return None


def _settle(
    requests: Sequence[RegistrationRequest], products: Products, now: datetime
) -> list[Outcome]:
    """Answer requests whose signature is proven and whose product is open."""
    if not requests:
        return []
    devices = _devices_of(requests, products, now)
    claimed = _with_claimed_certificate(devices.values())
    refusals = [_refuse(r, devices.get(r.name), claimed) for r in requests]
    passed = [
        (r, devices[r.name]) for r, refusal in zip(requests, refusals, strict=True) if not refusal
    ]
    issued = iter(_issue(passed, now))
    return [refusal or next(issued) for refusal in refusals]


def _devices_of(
    requests: Iterable[RegistrationRequest], products: Products, now: datetime
) -> Devices:
    """The devices asked for, locked; those that preregistration-free requests lack are created."""
    regnwl = {r.name for r in requests if r.params.mode is RegistrationMode.REGNWL}
    register = {r.name for r in requests if r.params.mode is RegistrationMode.REGISTER}
    devices = _lock_devices(regnwl | register, products, secrets=bool(register))
    if missing := regnwl - devices.keys():
        devices |= _create_devices(missing, products, now)
    return devices


def _create_devices(names: Collection[Name], products: Products, now: datetime) -> Devices:
    """Being new, they are locked. Their first request is about to be served."""
    created = {
        (key, name): Device(
            product=products[key], device_name=name, preregistered=False, registered_at=now
        )
        for key, name in sorted(names)
    }
    try:
        with transaction.atomic():
            Device.objects.bulk_create(created.values())
    except IntegrityError:
        # An operator is adding one of the names at this moment.
        Device.objects.bulk_create(created.values(), ignore_conflicts=True)
        return _lock_devices(names, products, secrets=False)
    return created


def _lock_devices(names: Collection[Name], products: Products, *, secrets: bool) -> Devices:
    """Locks in the order of the primary key, as everybody who locks several does.

    Without `secrets` the DeviceSecrets are not read: decrypting one costs as much as its row.
    """
    keys = {products[key].pk: key for key, _ in names}
    locked = Device.objects.select_for_update().filter(
        product__in=keys, device_name__in={name for _, name in names}
    )
    if not secrets:
        locked = locked.defer("device_secret")
    found = {(keys[d.product_id], d.device_name): d for d in locked.order_by("pk")}
    return {name: device for name, device in found.items() if name in names}


def _with_claimed_certificate(devices: Iterable[Device]) -> set[int]:
    """Ids of the pre-registered devices that are in use by their DeviceSecret alone."""
    claimed = {d.pk for d in devices if d.preregistered and d.claimed_at}
    if claimed:
        claimed -= set(
            ClientBinding.objects.filter(device__in=claimed).values_list("device_id", flat=True)
        )
    return claimed


def _refuse(
    request: RegistrationRequest, device: Device | None, claimed: set[int]
) -> Refused | None:
    """The state rules of mission.md."""
    register = request.params.mode is RegistrationMode.REGISTER
    if device is None or (register and not device.preregistered):
        return Refused("device_not_found")
    if not device.enabled:
        return Refused("device_disabled")
    if device.registration_refused:
        return Refused("registration_refused")
    if device.pk in claimed or (register and device.claimed_at):
        return Refused("already_activated")
    return None


def _issue(passed: Sequence[tuple[RegistrationRequest, Device]], now: datetime) -> list[Outcome]:
    regnwl = [device for r, device in passed if r.params.mode is RegistrationMode.REGNWL]
    client_ids = iter(issue_client_ids(regnwl, now))
    outcomes: list[Outcome] = [
        SecretIssued(device.device_secret, trace_of(device.iot_id))
        if r.params.mode is RegistrationMode.REGISTER
        else next(client_ids)
        for r, device in passed
    ]
    served = {
        device.pk
        for (_, device), outcome in zip(passed, outcomes, strict=True)
        if not isinstance(outcome, Refused) and device.registered_at != now
    }
    Device.objects.filter(pk__in=served).update(registered_at=now)
    return outcomes


def event_of(request: RegistrationRequest, outcome: Outcome) -> log.Event:
    """How the log tells this outcome."""
    params = request.params
    detail = {"mode": params.mode.value, "signmethod": params.sign_method.value}
    if params.sdk:
        detail["sdk"] = params.sdk
    reason, client_id, story = "ok", "", ""
    if isinstance(outcome, Refused):
        reason = outcome.reason
        detail |= told_of(request.sent, params.content if reason == "bad_signature" else b"")
    elif isinstance(outcome, SecretIssued):
        story = outcome.story
    else:
        client_id, story = outcome.client_id, trace_of(outcome.client_id)
        if outcome.voided_client_id:
            reason, detail["voided"] = "slot_reclaimed", outcome.voided_client_id
    return log.Event(
        service_type=ServiceType.REGISTRATION,
        operation=params.mode.value,
        reason=reason,
        trace_id=story,
        connection_id=request.trace_id,
        product_key=params.product_key,
        device_name=params.device_name,
        client_id=client_id,
        address=request.address,
        detail=detail,
    )
