"""Dynamic registration of devices, both modes, many requests at a time.

`register` runs inside the caller's transaction; nothing it returns may leave the server before
that is committed. Meanwhile it holds the rows of the products whose secret made a signature, so
that a switch that was turned off is never followed by an issued secret and a budget is exact, and
of the devices, so that Switch and Clear wait.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from devices.models import Device
from devices.operations.refusal import Refused, to_be_logged, told_of
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from logs.trace_ids import trace_of
from registration.operations.budget import Budgets
from registration.operations.client_id_slots import ClientIdIssued, ClientIds
from registration.operations.delivered import Served
from registration.operations.locked_devices import (
    HeldDevice,
    hold_devices,
    with_claimed_certificate,
)
from registration.operations.proof import Proven, RegistrationRequest, screen


@dataclass(frozen=True, slots=True)
class SecretIssued:
    """The answer to authType=register. `story` is the trace id of the credential."""

    device_secret: str = field(repr=False)
    story: str = field(default="", compare=False)


Outcome = SecretIssued | ClientIdIssued | Refused


def register(requests: Sequence[RegistrationRequest], now: datetime) -> list[Outcome]:
    """One outcome per request, in order. Refusals are logged like successes."""
    screened = screen(requests, now)
    settled = iter(_settle([one for one in screened if isinstance(one, Proven)], now))
    outcomes = [one if isinstance(one, Refused) else next(settled) for one in screened]
    log_writer.write((event_of(*answered) for answered in to_be_logged(requests, outcomes)), now)
    return outcomes


def _settle(requests: Sequence[Proven], now: datetime) -> list[Outcome]:
    """Answer requests whose signature is proven and whose product is open to them."""
    if not requests:
        return []
    devices = hold_devices(requests, now)
    claimed = with_claimed_certificate(devices.values())
    refusals = [_refuse(r, devices.get(r.request.name), claimed) for r in requests]
    passed = [
        (r, devices[r.request.name])
        for r, refusal in zip(requests, refusals, strict=True)
        if not refusal
    ]
    issued = iter(_issue(passed, now))
    return [refusal or next(issued) for refusal in refusals]


def _refuse(proven: Proven, device: HeldDevice | None, claimed: set[int]) -> Refused | None:
    """The state rules (rules.md 2, 3, 4)."""
    if device is None or not (proven.regnwl or device.preregistered):
        return Refused(Reason.DEVICE_NOT_FOUND)
    if not device.enabled:
        return Refused(Reason.DEVICE_DISABLED)
    if device.registration_refused:
        return Refused(Reason.REGISTRATION_REFUSED)
    if device.pk in claimed or (device.claimed and not proven.regnwl):
        return Refused(Reason.ALREADY_ACTIVATED)
    if device.secret_blocked and not proven.regnwl:
        return Refused(Reason.SECRET_BLOCKED)  # it would be handed what opens nothing
    return None


def _issue(passed: Sequence[tuple[Proven, HeldDevice]], now: datetime) -> list[Outcome]:
    """In order, so that the last places of a budget go to those who asked first."""
    client_ids = ClientIds([device for proven, device in passed if proven.regnwl], now)
    budgets, served = Budgets(), Served(now)
    outcomes: list[Outcome] = []
    for proven, device in passed:
        counts = _counts(proven, device)
        if counts and not budgets.has_place(proven.product):
            outcomes.append(Refused(Reason.BUDGET_USED_UP))
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
    _drop({d for _, d in passed if d.new and d not in served})
    return outcomes


def _drop(devices: Collection[HeldDevice]) -> None:
    """Made for a first request that was to be served: then the budget was used up."""
    if devices:
        Device.objects.filter(pk__in=[device.pk for device in devices]).delete()


def _counts(proven: Proven, device: HeldDevice) -> bool:
    """Whether it takes a place of the budget: each ClientID does, and once in a window the
    delivery of the DeviceSecret to one device (docs/registration.md)."""
    product = proven.product
    if product.registration_budget is None:
        return False
    return proven.regnwl or device.counted_in != product.registration_window


def _hand_out(proven: Proven, device: HeldDevice, client_ids: ClientIds) -> Outcome:
    if proven.regnwl:
        return client_ids.issue(device)
    return SecretIssued(device.device_secret, trace_of(device.iot_id))


def event_of(request: RegistrationRequest, outcome: Outcome) -> log_writer.Event:
    """How the log tells this outcome."""
    params = request.params
    detail = {"mode": params.mode.value, "signmethod": params.sign_method.value}
    if request.transport:
        detail["transport"] = request.transport
    if params.sdk:
        detail["sdk"] = params.sdk
    reason, client_id, story = Reason.OK, "", ""
    if isinstance(outcome, Refused):
        reason = outcome.reason
        detail |= told_of(request.sent, params.content if reason == Reason.BAD_SIGNATURE else b"")
    elif isinstance(outcome, SecretIssued):
        story = outcome.story
    else:
        client_id, story = outcome.client_id, trace_of(outcome.client_id)
        if outcome.voided_client_id:
            reason, detail["voided"] = Reason.SLOT_RECLAIMED, outcome.voided_client_id
    return log_writer.Event(
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
