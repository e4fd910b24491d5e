"""Connections of devices: is the credential good, and what follows when it is.

`authenticate` runs inside the caller's transaction and holds the rows of the devices that have
proven themselves, so that it happens wholly before or after Switch, Clear, Disable and Delete. A
CONNACK may leave the server only after the commit. The database is asked at every CONNECT; no
answer is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, DateTimeField, ExpressionWrapper, Q
from django.db.models.functions import Coalesce

from common.sql.bulk_insert import Writer
from common.sql.compiled_queries import Param, Prepared, PreparedUpdate
from devices.models import ClientBinding, Device, Revocation, RevocationReason, Session
from devices.operations.broker_disconnects import end_at_brokers
from devices.operations.credential_check import ConnectionRequest, Proven, prove
from devices.operations.refusal import UNPROVEN, Refused, to_be_logged, told_of
from devices.operations.sessions import last_revocation_id, live_sessions_of
from devices.pseudo_listeners import BROKER_OF
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from logs.trace_ids import trace_of
from protocol.client_id import SignatureParams
from protocol.redaction import shown

__all__ = ["Admitted", "ConnectionRequest", "Outcome", "authenticate", "event_of"]


@dataclass(frozen=True, slots=True)
class Admitted:
    """The session is recorded as live under the request's trace id.

    `revoked_up_to` settles races: of the device's revocations exactly those with a higher id came
    after this. They and this hold the device's row, and ids grow, so there is no third case.
    `story` is the trace id of the credential.
    """

    device_id: int
    story: str = field(default="", compare=False)
    revoked_up_to: int = field(default=0, compare=False)


class _Device(NamedTuple):
    pk: int
    enabled: bool
    secret_blocked: bool
    activated: bool
    claimed: bool


class _Binding(NamedTuple):
    client_id: str
    pk: int
    connected: bool
    voided: bool


Outcome = Admitted | Refused
Devices = Mapping[int, _Device]  # by id
Bindings = Mapping[str, _Binding]  # by ClientID
Live = dict[int, Proven]  # who stays connected, by the device's id


def _is_set(column: str) -> "ExpressionWrapper[Q]":
    return ExpressionWrapper(Q((f"{column}__isnull", False)), BooleanField())


# In the order of the primary key, as everybody who locks several does.
_LOCKED = Prepared(
    _Device,
    lambda: (
        Device.objects.select_for_update()
        .filter(pk__among=Param("devices"))
        .order_by("pk")
        .values_list(
            "pk", "enabled", "secret_blocked", _is_set("activated_at"), _is_set("claimed_at")
        )
    ),
)
_BINDINGS = Prepared(
    _Binding,
    lambda: ClientBinding.objects.filter(client_id__among=Param("client_ids")).values_list(
        "client_id", "pk", _is_set("first_connected_at"), _is_set("voided_at")
    ),
)
_ACTIVATE = PreparedUpdate(
    lambda: Device.objects.filter(pk__among=Param("devices")),
    activated_at=Coalesce("activated_at", Param("now", DateTimeField())),
    claimed_at=Coalesce("claimed_at", Param("now", DateTimeField())),
)
_CLAIM = PreparedUpdate(
    lambda: ClientBinding.objects.filter(pk__among=Param("bindings")),
    first_connected_at=Param("now", DateTimeField()),
)
_OTHERS = Prepared(
    lambda *columns: columns,
    lambda: live_sessions_of("devices").values_list("device_id", "listener", "connection"),
)
_END_OTHERS = PreparedUpdate(
    lambda: live_sessions_of("devices"), ended_at=Param("now", DateTimeField())
)
_TAKEOVERS = Writer(Revocation, ("device_id", "keep_trace_id"), alike=("reason", "created_at"))
_SESSIONS = Writer(
    Session,
    (
        *("device", "product", "client_id", "trace_id", "listener", "connection"),
        *("address", "sdk"),
    ),
    alike=("connected_at",),
    unique=("device", "client_id"),
    replace=(
        *("trace_id", "listener", "connection", "address"),
        *("sdk", "connected_at", "ended_at"),
    ),
)


def authenticate(requests: Sequence[ConnectionRequest], now: datetime) -> list[Outcome]:
    """One outcome per request, in order. Of two good ones for the same device the later stays."""
    proofs = prove(requests)
    proven = [proof for proof in proofs if isinstance(proof, Proven)]
    outcomes, first = _settle(proven, now)
    settled = iter(outcomes)
    answers = [next(settled) if isinstance(proof, Proven) else proof for proof in proofs]
    logged = to_be_logged(requests, answers)
    log_writer.write((event_of(*each, activates=each[0].trace_id in first) for each in logged), now)
    return answers


def _settle(proven: Sequence[Proven], now: datetime) -> tuple[list[Outcome], set[str]]:
    """Answer those with a good credential. Second: the trace ids of those that activate."""
    if not proven:
        return [], set()
    devices, bindings = _hold(proven)
    outcomes = _decide(proven, devices, bindings)
    admitted = zip(proven, outcomes, strict=True)
    live = {one.device.pk: one for one, answer in admitted if isinstance(answer, Admitted)}
    if live:
        _activate(live, devices, bindings, now)
        _end_others(live, now)
        _record(live, now)
    new = {one.request.trace_id for key, one in live.items() if not devices[key].activated}
    return outcomes, new


def _hold(proven: Sequence[Proven]) -> tuple[Devices, Bindings]:
    """The devices as they are now, locked, and after that the ClientIDs."""
    locked = _LOCKED(devices={one.device.pk for one in proven})
    client_ids = {one.request.client_id for one in proven} - {""}
    bindings = _BINDINGS(client_ids=client_ids) if client_ids else []
    return {device.pk: device for device in locked}, {b.client_id: b for b in bindings}


def _decide(proven: Sequence[Proven], devices: Devices, bindings: Bindings) -> list[Outcome]:
    """To be called while the devices are locked, so that it is known which revocations went
    before."""
    last = last_revocation_id()
    outcomes: list[Outcome] = []
    for one in proven:
        reason = _refusal(one, devices.get(one.device.pk), bindings.get(one.request.client_id))
        story = trace_of(one.request.client_id or one.device.iot_id)
        outcomes.append(Refused(reason, story) if reason else Admitted(one.device.pk, story, last))
    return outcomes


def _refusal(one: Proven, device: _Device | None, binding: _Binding | None) -> Reason | None:
    """Why a good credential does not help; None when it does."""
    if device is None:  # deleted in between
        return Reason.UNKNOWN_DEVICE
    if one.request.client_id:
        if binding is None or binding.voided:
            return Reason.CLIENT_ID_VOID
    elif device.secret_blocked:
        return Reason.SECRET_BLOCKED
    if not device.enabled:
        return Reason.DEVICE_DISABLED
    return Reason.DATA_CONNECTIONS_ELSEWHERE if _elsewhere(one) else None


def _elsewhere(one: Proven) -> bool:
    """Whether it came through a broker that its product was not given to."""
    return bool(one.request.broker) and one.carrier != one.request.broker


def _activate(live: Live, devices: Devices, bindings: Bindings, now: datetime) -> None:
    """The first connection activates the device and claims its certificate or ClientID."""
    first = [key for key in live if not (devices[key].activated and devices[key].claimed)]
    if first:
        _ACTIVATE(devices=first, now=now)
    used = (bindings[one.request.client_id] for one in live.values() if one.request.client_id)
    if unclaimed := [binding.pk for binding in used if not binding.connected]:
        _CLAIM(bindings=unclaimed, now=now)


def _end_others(live: Live, now: datetime) -> None:
    """One live session per device: the older one ends here and is kicked where it lives."""
    others = _OTHERS(devices=live)
    if not others:
        return
    _end_at_brokers(live, others, now)
    _END_OTHERS(devices=live, now=now)
    elsewhere = [  # its own, a listener finds by itself
        (device_id, live[device_id].request.trace_id)
        for device_id, listener, _ in others
        if listener != live[device_id].request.listener
    ]
    _TAKEOVERS.write(elsewhere, reason=RevocationReason.TAKEOVER, created_at=now)


def _end_at_brokers(live: Live, others: Sequence[tuple[int, UUID, str]], now: datetime) -> None:
    """But for a connection that the broker itself replaces by the new one."""
    held = [
        device_id
        for device_id, listener, connection in others
        if listener in BROKER_OF and (listener, connection) != _place(live[device_id].request)
    ]
    if held:
        end_at_brokers(held, RevocationReason.TAKEOVER, now)


def _place(request: ConnectionRequest) -> tuple[UUID, str]:
    return request.listener, request.connection


def _record(live: Live, now: datetime) -> None:
    rows = [
        (
            *(device.pk, device.product_id, request.client_id, request.trace_id),
            *(request.listener, request.connection, request.address, request.params.sdk),
        )
        for request, device, _ in live.values()
    ]
    _SESSIONS.write(rows, connected_at=now)


def event_of(
    request: ConnectionRequest, outcome: Outcome, *, activates: bool = False
) -> log_writer.Event:
    """How the log tells this outcome."""
    params = request.params
    welcome = Reason.ACTIVATED if activates else Reason.ONLINE
    client_id = request.client_id
    detail = {"sdk": params.sdk} if params.sdk else {}
    if request.broker:
        detail["broker"] = request.broker
    if isinstance(outcome, Refused):
        client_id = shown(client_id)
        signed = params.content if isinstance(params, SignatureParams) else b""
        # Alike for whatever does not exist: for a broker it is logged before the answer.
        detail |= told_of(request.sent, signed if outcome.reason in UNPROVEN else b"")
        if isinstance(params, SignatureParams):
            detail["signmethod"] = params.sign_method.value
    return log_writer.Event(
        service_type=ServiceType.DEVICE,
        operation="online",
        reason=outcome.reason if isinstance(outcome, Refused) else welcome,
        trace_id=outcome.story,
        connection_id=request.trace_id,
        product_key=params.product_key,
        device_name=params.device_name,
        client_id=client_id,
        address=request.address,
        detail=detail,
    )
