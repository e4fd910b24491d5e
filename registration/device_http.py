"""POST /auth/register/device: dynamic registration over HTTPS, pre-registered devices only.

What SDKs insist on (protocol.md 3.1): HTTP 200 always, the outcome in `code`; compact JSON whose
keys stand in the order of the cloud's; a Content-Length in exactly these letters.
"""

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from common.net.http.environ import sender_proven
from common.ops.error_log import Outage
from common.ops.metrics import counter
from common.ops.ratelimit import FailureLimits
from common.web.machine_requests import read_body
from common.web.request_id import trace_of
from devices.operations.refusal import Refused
from logs.reasons import REASONS, Reason
from operators.permissions import client_address
from protocol.client_id import ParameterError, parse_registration_form
from protocol.http_form import CONTENT_TYPE, MAX_BODY, check_length, parse_form, signature_of
from protocol.redaction import SentForm
from protocol.validators import CODE_SIGN_METHOD, MalformedError, require
from registration.attempts import Attempt, Attempts, Fault, Origin, parameter_reason
from registration.deferred_log import LateLog
from registration.operations.proof import RegistrationRequest
from registration.operations.register import Outcome, SecretIssued, register

PATH = "/auth/register/device"
_registrations = counter(
    "https_registrations", "Registrations over HTTPS: accepted, or the reason.", "result"
)


class _RegistrationState:
    """State that the requests of one process share."""

    def __init__(self) -> None:
        self.late_log = LateLog()
        self.outage = Outage("registration over HTTPS")
        self.attempts = Attempts(FailureLimits.from_settings(), self.late_log.add)
        # Threads answer requests, and the counters are for one.
        self.lock = threading.Lock()


@cache
def registration_state() -> _RegistrationState:
    return _RegistrationState()


@dataclass(frozen=True, slots=True)
class _Read:
    """A request as far as it could be read: with a registration, or with what is wrong."""

    attempt: Attempt
    registration: RegistrationRequest | None
    fault: Fault | None


def register_device(request: HttpRequest) -> HttpResponse:
    """200 whatever happens, as every SDK takes any other status for a broken server."""
    read = _read(request)
    admitted = _admitted(read)
    outcome = admitted if isinstance(admitted, Refused) else _registered(admitted, read.attempt)
    _registrations.labels(outcome.reason if isinstance(outcome, Refused) else "accepted").inc()
    if isinstance(outcome, SecretIssued):
        sender_proven(request.META)
        return _success(read.attempt, outcome)
    reason = outcome.reason if isinstance(outcome, Refused) else Reason.SERVER_ERROR
    return _answer({}, *REASONS[reason].http)


def _admitted(read: _Read) -> RegistrationRequest | Refused:
    """The registration to run, or why it is refused before anything is looked up."""
    with registration_state().lock:
        excess = registration_state().attempts.screen(read.attempt, read.fault)
    if read.registration is None or read.fault is not None:
        return Refused(read.fault.reason if read.fault else Reason.BAD_PARAMETERS)
    if excess is None:
        return read.registration
    if excess.repeated:
        return Refused(Reason.TOO_MANY_FAILURES)
    return replace(read.registration, quiet=True)


def _registered(request: RegistrationRequest, attempt: Attempt) -> Outcome:
    """Committed when it returns."""
    outcome: Outcome
    try:
        with transaction.atomic():
            (outcome,) = register([request], timezone.now())
    except Exception as error:
        registration_state().outage.failed(error)
        outcome = Refused(Reason.SERVER_ERROR)
    else:
        registration_state().outage.passed()
    if isinstance(outcome, Refused):
        with registration_state().lock:
            registration_state().attempts.refused(attempt, request, outcome.reason)
    return outcome


# --- Reading ------------------------------------------------------------------------------
def _read(request: HttpRequest) -> _Read:
    origin = Origin(client_address(request), request.is_secure(), trace_of(request))
    sent = SentForm(method=request.method or "", content_type=request.content_type or "")
    names: tuple[str, str] = ("", "")
    try:
        sent = replace(sent, fields=_fields(request))
        params = parse_registration_form(sent.fields)
        names = params.product_key, params.device_name
        signature = signature_of(sent.fields)
    except (ParameterError, MalformedError) as error:
        if isinstance(error, ParameterError):
            names = error.product_key, error.device_name
        return _Read(_attempt(request, origin, names), None, _fault(error, sent, origin))
    registration = RegistrationRequest(
        params,
        signature,
        origin.trace_id,
        origin.address,
        log_later=True,
        sent=sent,
        transport=_transport(request),
    )
    attempt = _attempt(request, origin, names, params.mode.value + signature.decode())
    return _Read(attempt, registration, None if origin.secure else Fault(Reason.NO_TLS, {}, sent))


def _fields(request: HttpRequest) -> Mapping[str, str]:
    """Raises MalformedError. A body that is too long is not read."""
    require(request.method == "POST", "request is not a POST")
    require(request.content_type in ("", CONTENT_TYPE), "body is not a form")
    check_length(_announced(request))
    try:
        return parse_form(read_body(request, MAX_BODY + 1))
    except OSError:
        raise MalformedError("body ends early") from None


def _announced(request: HttpRequest) -> int:
    """Bytes of the body; of a length that is no number nothing is read."""
    with suppress(ValueError):
        return int(request.headers.get("Content-Length") or 0)
    return 0


def _fault(error: ParameterError | MalformedError, sent: SentForm, origin: Origin) -> Fault:
    reason = parameter_reason(
        registration=True,
        secure=origin.secure,
        unsupported_method=error.code == CODE_SIGN_METHOD,
    )
    return Fault(reason, {} if reason == Reason.NO_TLS else {"problem": str(error)}, sent)


def _attempt(
    request: HttpRequest, origin: Origin, names: tuple[str, str], credential: str = ""
) -> Attempt:
    return Attempt(
        origin, True, "register", *names, credential=credential, transport=_transport(request)
    )


def _transport(request: HttpRequest) -> str:
    return "HTTPS" if request.is_secure() else "HTTP"


# --- Answering ----------------------------------------------------------------------------
def _success(attempt: Attempt, issued: SecretIssued) -> HttpResponse:
    data = {
        "deviceName": attempt.device_name,
        "deviceSecret": issued.device_secret,
        "productKey": attempt.product_key,
    }
    return _answer(data, 200, "success")


def _answer(data: Mapping[str, str], code: int, message: str) -> HttpResponse:
    """In this order and without a space, or the C SDKs read it wrongly."""
    envelope = {"code": code, "data": data, "message": message}
    body = json.dumps(envelope, separators=(",", ":")).encode()
    headers = {"Content-Length": str(len(body)), "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/json", headers=headers)
