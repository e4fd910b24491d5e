"""From a CONNECT to a request for the database, or to a refusal and its CONNACK.

Order of checks: TLS and parameters, limits, and only then the database (product, signature,
state). Every refusal has its exact reason in the log; the device learns one of four codes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from common.ops.ratelimit import FailureLimits
from common.ops.throttle import Throttle
from devices.operations.authenticate import ConnectionRequest
from logs.operations import log_writer
from logs.reasons import Reason
from mqtt.listener.connack import connack_of
from protocol import mqtt
from protocol.client_id import ParameterError, RegistrationParams, parse_connect
from protocol.redaction import Sent, shown
from protocol.validators import CODE_SIGN_METHOD
from registration.attempts import (
    Attempt,
    Attempts,
    DeviceRequest,
    Fault,
    Origin,
    parameter_reason,
)
from registration.operations.proof import RegistrationRequest
from registration.operations.refusal_diagnosis import Refusal

KEEPALIVE = range(30, 1201)  # seconds, for connections; a registration may send any

# Log entries a minute about bytes that are no MQTT, from one address and from all together.
_GARBAGE_LOGGED_PER_ADDRESS = 10
_GARBAGE_LOGGED = 300


@dataclass(frozen=True, slots=True)
class _Faulty:
    """A CONNECT that is refused before anything is looked up."""

    fault: Fault
    connack: int


class Gate:
    """Lets requests through to the database, answers the others, counts and logs refusals."""

    def __init__(
        self,
        listener: UUID,
        limits: FailureLimits,
        record: Callable[[log_writer.Event | Refusal], None],
    ) -> None:
        self._listener = listener
        self._limits = limits
        self._record = record
        self._attempts = Attempts(limits, record)
        self._garbage = Throttle(_GARBAGE_LOGGED_PER_ADDRESS)
        self._all_garbage = Throttle(_GARBAGE_LOGGED)

    def examine(self, packet: mqtt.Connect, origin: Origin) -> DeviceRequest | int:
        """The request to run, or the CONNACK code of a refusal, which is logged then."""
        read, attempt = _read(packet, origin, self._listener)
        excess = self._attempts.screen(attempt, read.fault if isinstance(read, _Faulty) else None)
        if isinstance(read, _Faulty):
            return read.connack
        if excess is None:
            return read
        if excess.repeated:
            return connack_of(Reason.TOO_MANY_FAILURES, registration=attempt.registration)
        return replace(read, quiet=True)

    def refused(self, request: DeviceRequest, origin: Origin, reason: Reason) -> int:
        """The CONNACK code of a refusal by an operation, or by ourselves."""
        attempt = _attempt(request, origin)
        self._attempts.refused(attempt, request, reason)
        return connack_of(reason, registration=attempt.registration)

    def garbage(self, origin: Origin, problem: str) -> None:
        """Bytes that are no CONNECT of ours: counted against the address, logged sparingly."""
        if self._limits.excess(origin.address) is not None:
            return
        self._limits.failed(origin.address)
        if not (self._garbage.take(origin.address or "") and self._all_garbage.take()):
            return
        attempt = Attempt(origin, registration=False, operation="online")
        self._record(attempt.event(Reason.PROTOCOL_ERROR, {"problem": problem}))


def _read(
    packet: mqtt.Connect, origin: Origin, listener: UUID
) -> tuple[DeviceRequest | _Faulty, Attempt]:
    sent = _sent(packet)
    try:
        params = parse_connect(packet.client_id, packet.username, packet.password)
    except ParameterError as error:
        return _parameter_fault(error, sent, secure=origin.secure), _malformed(error, origin)
    password, trace_id, address = packet.password or b"", origin.trace_id, origin.address
    request: DeviceRequest
    problem: _Faulty | None
    if isinstance(params, RegistrationParams):
        request = RegistrationRequest(
            params, password, trace_id, address, log_later=True, sent=sent
        )
        problem = None if origin.secure else _no_tls(sent)
    else:
        request = ConnectionRequest(
            params, password, trace_id, listener, address, log_later=True, sent=sent
        )
        problem = None if packet.keepalive in KEEPALIVE else _bad_keepalive(packet.keepalive, sent)
    return problem or request, _attempt(request, origin)


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


def _parameter_fault(error: ParameterError, sent: Sent, *, secure: bool) -> _Faulty:
    reason = parameter_reason(
        registration=error.registration,
        secure=secure,
        unsupported_method=error.code == CODE_SIGN_METHOD,
    )
    if reason == Reason.NO_TLS:
        return _no_tls(sent)
    return _Faulty(Fault(reason, {"problem": error.problem}, sent), error.connack)


def _no_tls(sent: Sent) -> _Faulty:
    return _Faulty(Fault(Reason.NO_TLS, {}, sent), connack_of(Reason.NO_TLS, registration=True))


def _bad_keepalive(seconds: int, sent: Sent) -> _Faulty:
    fault = Fault(Reason.KEEPALIVE_OUT_OF_RANGE, {"keepalive": str(seconds)}, sent)
    return _Faulty(fault, connack_of(fault.reason, registration=False))
