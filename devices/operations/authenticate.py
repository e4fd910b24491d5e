"""Connections of devices: is the credential good, and what follows when it is.

`authenticate` runs inside the caller's transaction and holds the devices' rows meanwhile, so that
it happens wholly before or after Switch, Clear, Disable and Delete. A CONNACK may leave the server
only after the commit. The database is asked at every CONNECT; no answer is kept.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce

from devices.brokers.listeners import BROKER_OF
from devices.credentials import decoy_secret, token_matches
from devices.models import (
    ClientBinding,
    Device,
    Revocation,
    RevocationReason,
    ServiceType,
    Session,
)
from devices.operations import log
from devices.operations.at_brokers import end_at_brokers
from devices.operations.outcome import Refused, to_be_logged, told_of
from devices.operations.sessions import last_revocation_id
from devices.protocol import signing
from devices.protocol.client_id import SignatureParams, TokenParams
from devices.protocol.sent import Sent, shown
from devices.traces import trace_of
from products.models import Product

# What a token is compared with when its ClientID does not exist.
_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """`password` is the signature or the DeviceToken; `listener` is the process with the socket."""

    params: SignatureParams | TokenParams
    password: bytes = field(repr=False)
    trace_id: str
    listener: UUID
    address: str | None = None
    quiet: bool = False  # in a flood: not logged when refused
    log_later: bool = False  # refused for one of EXAMINED: logged by the caller
    sent: Sent | None = None
    broker: str = ""  # that asks, one of products.carriers
    connection: str = ""  # what the broker's connection is known by

    @property
    def name(self) -> tuple[str, str]:
        return self.params.product_key, self.params.device_name

    @property
    def client_id(self) -> str:
        """The issued ClientID, or empty for a connection with the DeviceSecret."""
        return self.params.client_id if isinstance(self.params, TokenParams) else ""


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


Outcome = Admitted | Refused
Devices = dict[tuple[str, str], Device]  # by ProductKey and DeviceName
Bindings = dict[str, ClientBinding]  # by ClientID
Carriers = dict[str, str]  # of data connections, by ProductKey


def authenticate(requests: Sequence[ConnectionRequest], now: datetime) -> list[Outcome]:
    """One outcome per request, in order. Of two good ones for the same device the later stays."""
    devices = _lock_devices(requests)
    bindings = _bindings(requests)
    carriers = _carriers(requests)
    outcomes = [_check(request, devices, bindings, carriers) for request in requests]
    admitted = {
        outcome.device_id: request
        for request, outcome in zip(requests, outcomes, strict=True)
        if isinstance(outcome, Admitted)
    }
    first = {admitted[d.pk] for d in devices.values() if d.pk in admitted and not d.activated_at}
    if admitted:
        outcomes = _date(outcomes)
        _activate(admitted, devices, bindings, now)
        _end_others(admitted, now)
        _record(admitted, devices, now)
    answered = to_be_logged(requests, outcomes)
    log.write((event_of(*each, activates=each[0] in first) for each in answered), now)
    return outcomes


def _lock_devices(requests: Collection[ConnectionRequest]) -> Devices:
    keys, names = {r.params.product_key for r in requests}, {r.params.device_name for r in requests}
    locked = (
        Device.objects.select_for_update(of=("self",))
        .filter(product__product_key__in=keys, device_name__in=names)
        .annotate(product_key=F("product__product_key"))
    )
    if all(isinstance(request.params, TokenParams) for request in requests):
        locked = locked.defer("device_secret")  # decrypting one costs as much as its row
    return {(d.product_key, d.device_name): d for d in locked.order_by("pk")}


def _bindings(requests: Iterable[ConnectionRequest]) -> Bindings:
    client_ids = {request.client_id for request in requests} - {""}
    if not client_ids:
        return {}
    return {b.client_id: b for b in ClientBinding.objects.filter(client_id__in=client_ids)}


def _carriers(requests: Iterable[ConnectionRequest]) -> Carriers:
    """Of the products whose devices ask through a broker."""
    keys = {request.params.product_key for request in requests if request.broker}
    if not keys:
        return {}
    products = Product.objects.filter(product_key__in=keys)
    return dict(products.values_list("product_key", "data_connections"))


def _check(
    request: ConnectionRequest, devices: Devices, bindings: Bindings, carriers: Carriers
) -> Outcome:
    """The credential first; what it does not prove is not told."""
    device = devices.get(request.name)
    if isinstance(request.params, TokenParams):
        reason = _check_token(request, device, bindings.get(request.client_id))
    else:
        reason = _check_signature(request, request.params, device)
    if device is None:
        return Refused("unknown_device")
    if reason == "bad_credential":
        return Refused(reason)
    if reason is None and not device.enabled:
        reason = "device_disabled"
    if reason is None and _elsewhere(request, carriers):
        reason = "data_connections_elsewhere"
    story = trace_of(request.client_id or device.iot_id)
    return Refused(reason, story) if reason else Admitted(device.pk, story)


def _elsewhere(request: ConnectionRequest, carriers: Carriers) -> bool:
    """Whether it came through a broker that its product was not given to."""
    return bool(request.broker) and carriers.get(request.params.product_key) != request.broker


def _check_signature(
    request: ConnectionRequest, params: SignatureParams, device: Device | None
) -> str | None:
    proven = signing.verify(
        params.sign_method,
        device.device_secret if device else decoy_secret(),
        params.content,
        request.password,
    )
    if not proven:
        return "bad_credential"
    return "secret_blocked" if device and device.secret_blocked else None


def _check_token(
    request: ConnectionRequest, device: Device | None, binding: ClientBinding | None
) -> str | None:
    proven = token_matches(request.password, binding.token_digest if binding else _NO_DIGEST)
    if not proven or not binding or not device or binding.device_id != device.pk:
        return "bad_credential"
    return "client_id_void" if binding.voided_at else None


def _date(outcomes: list[Outcome]) -> list[Outcome]:
    """Note which revocations went before. To be called while the devices are locked."""
    last = last_revocation_id()
    return [
        replace(outcome, revoked_up_to=last) if isinstance(outcome, Admitted) else outcome
        for outcome in outcomes
    ]


def _activate(
    admitted: dict[int, ConnectionRequest], devices: Devices, bindings: Bindings, now: datetime
) -> None:
    """The first connection activates the device and claims its certificate or ClientID."""
    first = [
        device.pk
        for device in devices.values()
        if device.pk in admitted and not (device.activated_at and device.claimed_at)
    ]
    if first:
        Device.objects.filter(pk__in=first).update(
            activated_at=Coalesce("activated_at", now), claimed_at=Coalesce("claimed_at", now)
        )
    used = {request.client_id for request in admitted.values()}
    unclaimed = [
        b.pk for b in bindings.values() if b.client_id in used and not b.first_connected_at
    ]
    if unclaimed:
        ClientBinding.objects.filter(pk__in=unclaimed).update(first_connected_at=now)


def _end_others(admitted: dict[int, ConnectionRequest], now: datetime) -> None:
    """One live session per device: the older one ends here and is kicked where it lives."""
    live = Session.objects.filter(device__in=admitted, ended_at__isnull=True)
    others = list(live.values_list("device_id", "listener", "connection"))
    if not others:
        return
    _end_at_brokers(admitted, others, now)
    live.update(ended_at=now)
    Revocation.objects.bulk_create(
        Revocation(
            device_id=device_id,
            reason=RevocationReason.TAKEOVER,
            keep_trace_id=admitted[device_id].trace_id,
            created_at=now,
        )
        for device_id, listener, _ in others
        if listener != admitted[device_id].listener  # its own, a listener finds by itself
    )


def _end_at_brokers(
    admitted: dict[int, ConnectionRequest], others: Sequence[tuple[int, UUID, str]], now: datetime
) -> None:
    """But for a connection that the broker itself replaces by the new one."""
    held = [
        device_id
        for device_id, listener, connection in others
        if listener in BROKER_OF
        and (listener, connection) != (admitted[device_id].listener, admitted[device_id].connection)
    ]
    if held:
        end_at_brokers(held, RevocationReason.TAKEOVER, now)


def _record(admitted: dict[int, ConnectionRequest], devices: Devices, now: datetime) -> None:
    Session.objects.bulk_create(
        [
            Session(
                device_id=device_id,
                product_id=devices[request.name].product_id,
                client_id=request.client_id,
                trace_id=request.trace_id,
                listener=request.listener,
                connection=request.connection,
                address=request.address,
                sdk=request.params.sdk,
                connected_at=now,
            )
            for device_id, request in admitted.items()
        ],
        update_conflicts=True,
        unique_fields=["device", "client_id"],
        update_fields=[
            *("trace_id", "listener", "connection", "address"),
            *("sdk", "connected_at", "ended_at"),
        ],
    )


def event_of(request: ConnectionRequest, outcome: Outcome, *, activates: bool = False) -> log.Event:
    """How the log tells this outcome."""
    params = request.params
    welcome = "activated" if activates else "online"
    client_id = request.client_id
    detail = {"sdk": params.sdk} if params.sdk else {}
    if request.broker:
        detail["broker"] = request.broker
    if isinstance(outcome, Refused):
        client_id = shown(client_id)
        signed = params.content if isinstance(params, SignatureParams) else b""
        detail |= told_of(request.sent, signed if outcome.reason == "bad_credential" else b"")
        if isinstance(params, SignatureParams):
            detail["signmethod"] = params.sign_method.value
    return log.Event(
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
