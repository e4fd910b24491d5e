"""Letting devices in at brokers: parameters, limits, then the operation that the listener runs.

The database is asked at every CONNECT, and no answer is kept.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from django.utils import timezone

from brokers.webhooks.acl import Name
from brokers.webhooks.group_commit import GroupCommit
from common.crypto.identifiers import trace_id
from common.ops.ratelimit import FailureLimits
from common.ops.throttle import Throttle
from common.text.addresses import plain_address
from common.web.request_id import current_trace
from devices.operations.authenticate import ConnectionRequest
from devices.operations.refusal import Refused, counted, told_of
from devices.pseudo_listeners import LISTENER_OF, connection_of
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from protocol.client_id import ParameterError, RegistrationParams, parse_connect
from protocol.redaction import Sent, shown, visible
from protocol.topics import filter_problem, topic_problem
from protocol.validators import CODE_SIGN_METHOD, SignatureParams, TokenParams

# Denied topics logged of one device a minute: it may repeat its mistake for ever.
_DENIALS_LOGGED = 10
_LONGEST_TOPIC = 128


@dataclass(frozen=True, slots=True)
class Connecting:
    """A CONNECT as the broker tells it. `address` is the device's, where it says that."""

    broker: str
    client_id: str = field(repr=False)
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    address: str | None = None

    @property
    def sent(self) -> Sent:
        password = None if self.password is None else self.password.encode()
        return Sent(self.client_id, self.username, password)


@dataclass(frozen=True, slots=True)
class TopicUse:
    """A device's use of a topic. If it wants both, both have to be allowed."""

    broker: str
    name: Name
    topic: str
    publish: bool
    subscribe: bool

    @property
    def allowed(self) -> bool:
        if self.publish and not self.name.may_publish(self.topic):
            return False
        return not self.subscribe or self.name.may_subscribe(self.topic)

    @property
    def problem(self) -> str:
        found = topic_problem(self.topic) if self.publish else filter_problem(self.topic)
        return found or "not the device's own"


class Authenticator:
    """Limits, log and batch that the threads of one process share."""

    def __init__(self) -> None:
        self._group_commit = GroupCommit()
        self._limits = FailureLimits.from_settings()
        self._denials = Throttle(_DENIALS_LOGGED)
        # The limits are for one thread at a time.
        self._lock = threading.Lock()

    def lets_in(self, connecting: Connecting) -> bool:
        """Committed when it returns."""
        connecting = replace(connecting, address=plain_address(connecting.address))
        try:
            params = parse_connect(
                connecting.client_id, connecting.username, connecting.sent.password
            )
        except ParameterError as error:
            self._refuse(connecting, *_fault(error), names=(error.product_key, error.device_name))
            return False
        if isinstance(params, RegistrationParams):
            names = params.product_key, params.device_name
            self._refuse(connecting, Reason.REGISTRATION_AT_BROKER, {}, names=names)
            return False
        return self._asks(connecting, params)

    def lets_use(self, use: TopicUse) -> bool:
        if use.allowed:
            return True
        if self._denials.take(use.name.product_key, use.name.device_name):
            log_writer.write([_denial(use)], timezone.now())
        return False

    def _asks(self, connecting: Connecting, params: SignatureParams | TokenParams) -> bool:
        password = connecting.sent.password or b""
        request = ConnectionRequest(
            params,
            password,
            current_trace() or trace_id(),
            LISTENER_OF[connecting.broker],
            connecting.address,
            sent=connecting.sent,
            broker=connecting.broker,
            connection=connection_of(connecting.client_id),
        )
        credential = f"{request.client_id}|{connecting.password}"
        key = (connecting.address, *request.name, credential)
        with self._lock:
            excess = self._limits.excess(*key)
        if excess is not None and excess.report:
            log_writer.write(
                [_event(connecting, Reason.TOO_MANY_FAILURES, request.name)], timezone.now()
            )
        if excess is not None and excess.repeated:
            return False
        outcome = self._group_commit.ask(replace(request, quiet=excess is not None))
        if isinstance(outcome, Refused) and outcome.reason != Reason.SERVER_ERROR:
            with self._lock:
                self._limits.failed(*counted(key, outcome.reason))
        return not isinstance(outcome, Refused)

    def _refuse(
        self,
        connecting: Connecting,
        reason: Reason,
        detail: Mapping[str, str],
        *,
        names: tuple[str, str],
    ) -> None:
        """Before anything is looked up."""
        key = (connecting.address, *names)
        with self._lock:
            excess = self._limits.excess(*key)
            self._limits.failed(*key)
        if excess is None:
            told = {**detail, **told_of(connecting.sent, b"")}
            log_writer.write([_event(connecting, reason, names, told)], timezone.now())


@cache
def shared_authenticator() -> Authenticator:
    return Authenticator()


def _fault(error: ParameterError) -> tuple[Reason, Mapping[str, str]]:
    unsupported = error.code == CODE_SIGN_METHOD
    reason = Reason.UNSUPPORTED_SIGN_METHOD if unsupported else Reason.BAD_PARAMETERS
    return reason, {"problem": error.problem}


def _event(
    connecting: Connecting,
    reason: Reason,
    names: tuple[str, str],
    detail: Mapping[str, str] | None = None,
) -> log_writer.Event:
    return log_writer.Event(
        service_type=ServiceType.DEVICE,
        operation="online",
        reason=reason,
        connection_id=current_trace() or trace_id(),
        product_key=names[0],
        device_name=names[1],
        client_id=shown(connecting.client_id.partition("|")[0]),
        address=connecting.address,
        detail={"broker": connecting.broker, **(detail or {})},
    )


def _denial(use: TopicUse) -> log_writer.Event:
    return log_writer.Event(
        service_type=ServiceType.UPLINK if use.publish else ServiceType.SUBSCRIBE,
        operation="publish" if use.publish else "subscribe",
        reason=Reason.TOPIC_DENIED,
        connection_id=current_trace() or trace_id(),
        product_key=use.name.product_key,
        device_name=use.name.device_name,
        detail={
            "broker": use.broker,
            "topic": visible(use.topic[:_LONGEST_TOPIC]),
            "problem": use.problem,
        },
    )
