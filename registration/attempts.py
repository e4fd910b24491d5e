"""Attempts of devices over MQTT and HTTPS: counted against the limits, logged when refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from common.ops.ratelimit import Excess, FailureLimits
from common.ops.throttle import Throttle
from devices.operations.authenticate import ConnectionRequest
from devices.operations.refusal import EXAMINED, FailureKey, counted, told_of
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from protocol.redaction import Sent, SentForm
from registration.operations.proof import RegistrationRequest
from registration.operations.refusal_diagnosis import Refusal

# Refusals examined: a minute of one device from one address, and a second of all together. One
# takes some 4 ms of the processor, which devices could use.
EXAMINED_PER_DEVICE = 5
_EXAMINED = 10

DeviceRequest = RegistrationRequest | ConnectionRequest


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an attempt came from. `secure`: over TLS, here or at a proxy before us."""

    address: str | None
    secure: bool
    trace_id: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Fault of an attempt that is found before anything is looked up."""

    reason: Reason
    detail: Mapping[str, str]
    sent: Sent | SentForm


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, as far as it was named: for the limits and the log."""

    origin: Origin
    registration: bool
    operation: str
    product_key: str = ""
    device_name: str = ""
    client_id: str = ""
    # What it tried to prove itself with, for telling a repeated failure from a first one.
    credential: str = field(default="", repr=False)
    transport: str = ""  # named in the log, unless it is MQTT

    @property
    def key(self) -> FailureKey:
        """Key by which the limits count it."""
        return self.origin.address, self.product_key, self.device_name, self.credential

    def event(self, reason: Reason, detail: Mapping[str, str] | None = None) -> log_writer.Event:
        transport = {"transport": self.transport} if self.transport else {}
        return log_writer.Event(
            service_type=ServiceType.REGISTRATION if self.registration else ServiceType.DEVICE,
            operation=self.operation,
            reason=reason,
            connection_id=self.origin.trace_id,
            product_key=self.product_key,
            device_name=self.device_name,
            client_id=self.client_id,
            address=self.origin.address,
            detail={**transport, **(detail or {})},
        )


class Attempts:
    """Counts the refused ones and has them logged; not for several threads at once."""

    def __init__(
        self, limits: FailureLimits, record: Callable[[log_writer.Event | Refusal], None]
    ) -> None:
        self._limits = limits
        self._record = record
        self._examined = Throttle(EXAMINED_PER_DEVICE)
        self._all_examined = Throttle(_EXAMINED, window=1.0)

    def screen(self, attempt: Attempt, fault: Fault | None) -> Excess | None:
        """The limit it is over, if it is. With a `fault` it is refused here.

        Over a limit a credential that failed before shall be turned away unread, and whatever else
        is refused is not logged one by one.
        """
        excess = self._limits.excess(*attempt.key)
        if excess is not None and excess.report:
            self._record(attempt.event(Reason.TOO_MANY_FAILURES))
        if fault is not None:
            self._limits.failed(*attempt.key)
            if excess is None:
                detail = {**fault.detail, **told_of(fault.sent, b"")}
                self._record(attempt.event(fault.reason, detail))
        return excess

    def refused(self, attempt: Attempt, request: DeviceRequest, reason: Reason) -> None:
        """By an operation, which has logged it unless it is to be examined, or by ourselves."""
        if reason == Reason.SERVER_ERROR:
            self._record(attempt.event(reason))
            return
        self._limits.failed(*counted(attempt.key, reason))
        if reason in EXAMINED and not request.quiet:
            self._record(Refusal(request, reason, examine=self._worth_examining(attempt)))

    def _worth_examining(self, attempt: Attempt) -> bool:
        """A few times for every device, and never so often that a flood would cost."""
        device = (attempt.origin.address or "", attempt.product_key, attempt.device_name)
        if self._examined.exceeded(*device) or self._all_examined.exceeded():
            return False
        self._examined.add(*device)
        self._all_examined.add()
        return True


def parameter_reason(*, registration: bool, secure: bool, unsupported_method: bool) -> Reason:
    """Why parameters are not taken. Without TLS that is what the firmware has to mend first."""
    if registration and not secure:
        return Reason.NO_TLS
    return Reason.UNSUPPORTED_SIGN_METHOD if unsupported_method else Reason.BAD_PARAMETERS
