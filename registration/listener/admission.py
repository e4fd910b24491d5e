"""From a CONNECT to a request for the database, or to a refusal and its CONNACK.

Order of checks: TLS and parameters, limits, and only then the database (product, signature,
state). Every refusal has its exact reason in the log; the device learns one of four codes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from devices.models import ServiceType
from devices.operations import log
from devices.operations.authenticate import ConnectionRequest
from devices.operations.outcome import EXAMINED
from devices.protocol import mqtt
from devices.protocol.client_id import ParameterError, RegistrationParams, parse_connect
from devices.protocol.params import CODE_SIGN_METHOD
from devices.protocol.sent import Sent, shown
from iotconsole.kit.ratelimit import FailureCounter, FailureLimits
from registration.listener.answers import connack_of
from registration.operations.explain import Refusal
from registration.operations.register import RegistrationRequest

KEEPALIVE = range(30, 1201)  # seconds, for connections; a registration may send any

# Log entries a minute about bytes that are no MQTT, from one address and from all together.
_GARBAGE_LOGGED_PER_ADDRESS = 10
_GARBAGE_LOGGED = 300
# Refusals examined: a minute of one device from one address, and a second of all together. One
# takes some 4 ms of the thread that answers devices.
_EXAMINED_PER_DEVICE = 5
_EXAMINED = 10

DeviceRequest = RegistrationRequest | ConnectionRequest


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a CONNECT came from. `secure`: over TLS, here or at a proxy before us."""

    address: str | None
    secure: bool
    trace_id: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a CONNECT tried, as far as it said: for the limits and the log."""

    origin: Origin
    registration: bool
    operation: str
    product_key: str = ""
    device_name: str = ""
    client_id: str = ""
    # What it tried to prove itself with, for telling a repeated failure from a first one.
    credential: str = field(default="", repr=False)

    @property
    def key(self) -> tuple[str | None, str, str, str]:
        """What the limits count it by."""
        return self.origin.address, self.product_key, self.device_name, self.credential

    def event(self, reason: str, detail: Mapping[str, str] | None = None) -> log.Event:
        return log.Event(
            service_type=ServiceType.REGISTRATION if self.registration else ServiceType.DEVICE,
            operation=self.operation,
            reason=reason,
            connection_id=self.origin.trace_id,
            product_key=self.product_key,
            device_name=self.device_name,
            client_id=self.client_id,
            address=self.origin.address,
            detail=detail or {},
        )


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a CONNECT before anything is looked up."""

    reason: str
    connack: int
    detail: Mapping[str, str]


class Gate:
    """Lets requests through to the database, answers the others, counts and logs refusals."""

    def __init__(
        self,
        listener: UUID,
        limits: FailureLimits,
        record: Callable[[log.Event | Refusal], None],
    ) -> None:
        self._listener = listener
        self._limits = limits
        self._record = record
        self._garbage = FailureCounter(_GARBAGE_LOGGED_PER_ADDRESS)
        self._all_garbage = FailureCounter(_GARBAGE_LOGGED)
        self._examined = FailureCounter(_EXAMINED_PER_DEVICE)
        self._all_examined = FailureCounter(_EXAMINED, window=1.0)

    def examine(self, packet: mqtt.Connect, origin: Origin) -> DeviceRequest | int:
        """The request to run, or the CONNACK code of a refusal, which is logged then.

        Over a limit a credential that failed before is turned away unread, and whatever else is
        refused is not logged one by one.
        """
        request, attempt, fault = _read(packet, origin, self._listener)
        excess = self._limits.excess(*attempt.key)
        if excess is not None and excess.report:
            self._record(attempt.event("too_many_failures"))
        if request is None:
            self._limits.failed(*attempt.key)
            if excess is None:
                sent = _sent(packet).facts()
                self._record(attempt.event(fault.reason, {**fault.detail, **sent}))
            return fault.connack
        if excess is None:
            return request
        if excess.repeated:
            return connack_of("too_many_failures", registration=attempt.registration)
        return replace(request, quiet=True)

    def refused(self, request: DeviceRequest, origin: Origin, reason: str) -> int:
        """The CONNACK code of a refusal by an operation, which has logged it unless it is to be
        examined, or by ourselves."""
        attempt = _attempt(request, origin)
        if reason == "server_error":
            self._record(attempt.event(reason))
        else:
            self._limits.failed(*attempt.key)
            if reason in EXAMINED and not request.quiet:
                self._record(Refusal(request, reason, examine=self._worth_examining(attempt)))
        return connack_of(reason, registration=attempt.registration)

    def _worth_examining(self, attempt: Attempt) -> bool:
        """A few times for every device, and never so often that a flood would cost."""
        device = (attempt.origin.address or "", attempt.product_key, attempt.device_name)
        if self._examined.exceeded(*device) or self._all_examined.exceeded():
            return False
        self._examined.add(*device)
        self._all_examined.add()
        return True

    def garbage(self, origin: Origin, problem: str) -> None:
        """Bytes that are no CONNECT of ours: counted against the address, logged sparingly."""
        if self._limits.excess(origin.address) is not None:
            return
        self._limits.failed(origin.address)
        self._garbage.add(origin.address or "")
        self._all_garbage.add()
        if self._garbage.exceeded(origin.address or "") or self._all_garbage.exceeded():
            return
        attempt = Attempt(origin, registration=False, operation="online")
        self._record(attempt.event("protocol_error", {"problem": problem}))


_NO_FAULT = _Fault("ok", mqtt.CONNACK_ACCEPTED, {})


def _read(
    packet: mqtt.Connect, origin: Origin, listener: UUID
) -> tuple[DeviceRequest | None, Attempt, _Fault]:
    """A request without fault, or a fault without request."""
    try:
        params = parse_connect(packet.client_id, packet.username, packet.password)
    except ParameterError as error:
        return None, _malformed(error, origin), _parameter_fault(error, secure=origin.secure)
    password = packet.password or b""
    request: DeviceRequest
    if isinstance(params, RegistrationParams):
        request = RegistrationRequest(
            params, password, origin.trace_id, origin.address, log_later=True, sent=_sent(packet)
        )
        fault = _NO_FAULT if origin.secure else _no_tls()
    else:
        request = ConnectionRequest(
            params,
            password,
            origin.trace_id,
            listener,
            origin.address,
            log_later=True,
            sent=_sent(packet),
        )
        fault = _NO_FAULT if packet.keepalive in KEEPALIVE else _bad_keepalive(packet.keepalive)
    return (request if fault is _NO_FAULT else None), _attempt(request, origin), fault


def _sent(packet: mqtt.Connect) -> Sent:
    return Sent(packet.client_id, packet.username, packet.password, packet.keepalive)


def _attempt(request: DeviceRequest, origin: Origin) -> Attempt:
    if isinstance(request, RegistrationRequest):
        mode, signature = request.params.mode.value, request.signature.decode("latin-1")
        return Attempt(origin, True, mode, *request.name, credential=mode + signature)
    client_id, password = request.client_id, request.password.decode("latin-1")
    return Attempt(origin, False, "online", *request.name, client_id, f"{client_id}|{password}")


def _malformed(error: ParameterError, origin: Origin) -> Attempt:
    operation = "register" if error.registration else "online"
    return Attempt(
        origin,
        error.registration,
        operation,
        error.product_key,
        error.device_name,
        shown(error.client_id),
    )


def _parameter_fault(error: ParameterError, *, secure: bool) -> _Fault:
    if error.registration and not secure:
        return _no_tls()
    method = error.code == CODE_SIGN_METHOD
    reason = "unsupported_sign_method" if method else "bad_parameters"
    return _Fault(reason, error.connack, {"problem": error.problem})


def _no_tls() -> _Fault:
    return _Fault("no_tls", connack_of("no_tls", registration=True), {})


def _bad_keepalive(seconds: int) -> _Fault:
    code = connack_of("keepalive_out_of_range", registration=False)
    return _Fault("keepalive_out_of_range", code, {"keepalive": str(seconds)})
