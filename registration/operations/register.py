"""Dynamic registration of devices, both modes, many requests at a time.

`register` runs inside the caller's transaction; nothing it returns may leave the server before
that is committed. Meanwhile it holds the rows of the products whose secret made a signature, so
that a switch that was turned off is never followed by an issued secret and a budget is exact, and
of the devices, so that Switch and Clear wait.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from devices.models import ClientBinding, Device, ServiceType
from devices.operations import log
from devices.operations.outcome import Refused, to_be_logged, told_of
from devices.traces import trace_of
from products.models import Product
from registration.operations.budget import Budgets
from registration.operations.proof import Name, Proven, RegistrationRequest, screen
from registration.operations.served import Served
from registration.operations.slots import ClientIdIssued, ClientIds


@dataclass(frozen=True, slots=True)
class SecretIssued:
    """The answer to authType=register. `story` is the trace id of the credential."""

    device_secret: str = field(repr=False)
    story: str = field(default="", compare=False)


Outcome = SecretIssued | ClientIdIssued | Refused
Devices = dict[Name, Device]


def register(requests: Sequence[RegistrationRequest], now: datetime) -> list[Outcome]:
    """One outcome per request, in order. Refusals are logged like successes."""
    screened = screen(requests, now)
    settled = iter(_settle([one for one in screened if isinstance(one, Proven)], now))
    outcomes = [one if isinstance(one, Refused) else next(settled) for one in screened]
    log.write((event_of(*answered) for answered in to_be_logged(requests, outcomes)), now)
    return outcomes


def _settle(requests: Sequence[Proven], now: datetime) -> list[Outcome]:
    """Answer requests whose signature is proven and whose product is open to them."""
    if not requests:
        return []
    devices, created = _devices_of(requests, now)
    claimed = _with_claimed_certificate(devices.values())
    refusals = [_refuse(r, devices.get(r.request.name), claimed) for r in requests]
    passed = [
        (r, devices[r.request.name])
        for r, refusal in zip(requests, refusals, strict=True)
        if not refusal
    ]
    issued = iter(_issue(passed, created, now))
    return [refusal or next(issued) for refusal in refusals]


def _devices_of(requests: Iterable[Proven], now: datetime) -> tuple[Devices, set[Name]]:
    """The devices asked for, locked; those that preregistration-free requests lack are created.

    The names of the latter come second.
    """
    regnwl = {r.request.name: r for r in requests if r.regnwl}
    register = {r.request.name: r for r in requests if not r.regnwl}
    products = {r.product.pk: r.product for r in requests}
    devices = _lock_devices(regnwl.keys() | register.keys(), products, secrets=bool(register))
    missing = [regnwl[name] for name in sorted(regnwl.keys() - devices.keys())]
    if not missing:
        return devices, set()
    new = _create_devices(missing, products, now)
    return devices | new, {name for name, device in new.items() if not device.preregistered}


def _create_devices(
    missing: Sequence[Proven], products: Mapping[int, Product], now: datetime
) -> Devices:
    """Being new, they are locked. Their first request is about to be served."""
    created = {
        r.request.name: Device(
            product=r.product,
            device_name=r.request.params.device_name,
            preregistered=False,
            registered_at=now,
            secret_version=r.secret_version,
        )
        for r in missing
    }
    try:
        with transaction.atomic():
            Device.objects.bulk_create(created.values())
    except IntegrityError:
        # An operator is adding one of the names at this moment.
        Device.objects.bulk_create(created.values(), ignore_conflicts=True)
        return _lock_devices(created.keys(), products, secrets=False)
    return created


def _lock_devices(
    names: Collection[Name], products: Mapping[int, Product], *, secrets: bool
) -> Devices:
    """Locks in the order of the primary key, as everybody who locks several does.

    Without `secrets` the DeviceSecrets are not read: decrypting one costs as much as its row.
    """
    locked = Device.objects.select_for_update().filter(
        product__in=products, device_name__in={name for _, name in names}
    )
    if not secrets:
        locked = locked.defer("device_secret")
    found = {
        (products[device.product_id].product_key, device.device_name): device
        for device in locked.order_by("pk")
    }
    return {name: device for name, device in found.items() if name in names}


def _with_claimed_certificate(devices: Iterable[Device]) -> set[int]:
    """Ids of the pre-registered devices that are in use by their DeviceSecret alone."""
    claimed = {d.pk for d in devices if d.preregistered and d.claimed_at}
    if claimed:
        claimed -= set(
            ClientBinding.objects.filter(device__in=claimed).values_list("device_id", flat=True)
        )
    return claimed


def _refuse(proven: Proven, device: Device | None, claimed: set[int]) -> Refused | None:
    """The state rules of mission.md."""
    if device is None or not (proven.regnwl or device.preregistered):
        return Refused("device_not_found")
    if not device.enabled:
        return Refused("device_disabled")
    if device.registration_refused:
        return Refused("registration_refused")
    if device.pk in claimed or (device.claimed_at and not proven.regnwl):
        return Refused("already_activated")
    if device.secret_blocked and not proven.regnwl:
        return Refused("secret_blocked")  # it would be handed what opens nothing
    return None


def _issue(
    passed: Sequence[tuple[Proven, Device]], created: Collection[Name], now: datetime
) -> list[Outcome]:
    """In order, so that the last places of a budget go to those who asked first."""
    client_ids = ClientIds({device for proven, device in passed if proven.regnwl}, now)
    budgets, served = Budgets(), Served(now)
    outcomes: list[Outcome] = []
    for proven, device in passed:
        counts = _counts(proven, device)
        if counts and not budgets.has_place(proven.product):
            outcomes.append(Refused("budget_used_up"))
            continue
        outcome = _hand_out(proven, device, client_ids)
        outcomes.append(outcome)
        if not isinstance(outcome, Refused):
            served.note(device, proven.secret_version)
            if counts:
                budgets.take(proven.product)
            if counts and not proven.regnwl:
                served.count(device, proven.product.registration_window)
    for written in (client_ids, budgets, served):
        written.save()
    _drop([d for r, d in passed if r.request.name in created and d not in served])
    return outcomes


def _drop(devices: Collection[Device]) -> None:
    """Created for a first request that was to be served: then the budget was used up."""
    if devices:
        Device.objects.filter(pk__in=[device.pk for device in devices]).delete()


def _counts(proven: Proven, device: Device) -> bool:
    """Whether it takes a place of the budget: each ClientID does, and once in a window the
    delivery of the DeviceSecret to one device (docs/registration.md)."""
    product = proven.product
    if product.registration_budget is None:
        return False
    return proven.regnwl or device.counted_in != product.registration_window


def _hand_out(proven: Proven, device: Device, client_ids: ClientIds) -> Outcome:
    if proven.regnwl:
        return client_ids.issue(device)
    return SecretIssued(device.device_secret, trace_of(device.iot_id))


def event_of(request: RegistrationRequest, outcome: Outcome) -> log.Event:
    """How the log tells this outcome."""
    params = request.params
    detail = {"mode": params.mode.value, "signmethod": params.sign_method.value}
    if request.transport:
        detail["transport"] = request.transport
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
