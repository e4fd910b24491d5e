"""The platform's RPC API (2018-01-20) at `/`: who calls is verified, then the action answers.

    parse → action → access key → clock → signature → nonce → limit → scope → handler → envelope

What fails before the handler is an error of the gateway (4xx, `Code` and `Message`); what a handler
refuses is answered with 200, `Success` false, `Code` and `ErrorMessage` (console_api.md 3.4).
"""

import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from devices.api import ACTIONS as DEVICE_ACTIONS
from devices.protocol import rpc
from devices.protocol.rpc import RpcRequest
from devices.protocol.rpc_fields import RpcError
from iotconsole.kit.bodies import ANYBODY, announced_length
from iotconsole.kit.envelope import respond
from iotconsole.kit.errors import OperationError
from iotconsole.kit.machines import read_body
from iotconsole.kit.metrics import counter
from iotconsole.kit.outages import describe
from iotconsole.kit.parameters import GatewayError, Parameters
from iotconsole.kit.tracing import call_it
from operators.api import Action, Actions, Answer, BusinessError, Call, forbidden
from operators.models import AccessKey, AccessKeyScope
from operators.operations.access_key_use import (
    api_actor,
    find_access_key,
    note_use,
    recent_calls,
    spend_nonce,
)
from operators.permissions import client_address
from products.api import ACTIONS as PRODUCT_ACTIONS

logger = logging.getLogger(__name__)
_calls = counter("api_calls", "Calls of the API: ok, failed, refused or error.", "action", "result")

ACTIONS: Actions = Actions(PRODUCT_ACTIONS | DEVICE_ACTIONS)
VERSION = "2018-01-20"
# The largest that is asked for: 10,000 devices with an alias of Chinese characters each.
MOST_BYTES = 8 * 1024 * 1024
# More than this is only read for an access key that may be used.
LARGE = ANYBODY
_METHODS = ("GET", "POST")
_SIGNS = ("Action=", "AccessKeyId=", "Signature=")


def is_call(request: HttpRequest) -> bool:
    """Whether it is for this API, and not a person who opens the console."""
    if request.path_info != "/":
        return False
    if request.method not in ("GET", "HEAD"):
        return True
    asked = request.META.get("QUERY_STRING", "")
    return "x-acs-action" in request.headers or any(
        part.startswith(_SIGNS) for part in asked.split("&")
    )


def answer(request: HttpRequest) -> HttpResponse:
    """Whatever happens, in JSON or XML."""
    request_id = str(uuid.uuid4()).upper()
    call_it(request, request_id)
    received = _received(request)
    try:
        if request.method not in _METHODS:
            raise _not_supported()
        received = replace(received, body=_body(request, received))
        return _answer(request, received, request_id)
    except (RpcError, GatewayError) as error:
        refusal = error
    except Exception as error:
        # Not its text: it may quote what was sent.
        told = {"trace_id": request_id}
        logger.error("API call %s failed: %s", request_id, describe(error), extra=told)
        refusal = _our_fault(error)
    return _refused(request, received, request_id, refusal)


def _refused(
    request: HttpRequest,
    received: rpc.HttpRequest,
    request_id: str,
    refusal: RpcError | GatewayError,
) -> HttpResponse:
    ours = refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    _calls.labels(_named(received), "error" if ours else "refused").inc()
    content = {
        "RequestId": request_id,
        "HostId": request.META.get("HTTP_HOST", ""),
        "Code": refusal.code,
        "Message": refusal.message,
    }
    xml = rpc.wants_xml(received)
    response = respond(content, "Error", xml=xml, status=refusal.status)
    if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
        response["Allow"] = ", ".join(_METHODS)
    if request.method == "HEAD":
        response.content = b""
    return response


def _named(received: rpc.HttpRequest) -> str:
    """The action, if there is one by that name: whoever calls can put anything there."""
    in_query = re.search(r"(?:^|&)Action=(\w+)", received.query)
    named = received.headers.get("x-acs-action") or (in_query[1] if in_query else "")
    return named if named in ACTIONS else "unknown"


def _answer(request: HttpRequest, received: rpc.HttpRequest, request_id: str) -> HttpResponse:
    call = rpc.parse(received)
    action = _action(call)
    key = _verified(call)
    address = client_address(request)
    _admit(call, key, action, address)
    content = {"RequestId": request_id, **_handle(call, key, action, address)}
    _calls.labels(action.name, "ok" if content["Success"] else "failed").inc()
    return respond(content, f"{action.name}Response", xml=rpc.wants_xml(received))


def _received(request: HttpRequest) -> rpc.HttpRequest:
    """All but the body."""
    return rpc.HttpRequest(
        method=request.method or "",
        path=request.path_info,
        query=_as_sent(request.META.get("QUERY_STRING", "")),
        headers={name.lower(): _as_sent(value) for name, value in request.headers.items()},
    )


def _as_sent(value: str) -> str:
    """WSGI hands the bytes of a query or header over as Latin-1; clients sign them as UTF-8."""
    return value.encode("latin-1", "replace").decode(errors="replace")


def largest_body(request: HttpRequest, start: bytes = b"") -> int:
    """Bytes the body of this call may have; `start` is what has come of it."""
    try:
        _usable_key_of(replace(_received(request), body=start))
    except GatewayError:
        return LARGE
    return MOST_BYTES


def _body(request: HttpRequest, received: rpc.HttpRequest) -> bytes:
    """The body; of a large one no more than its start, unless that or the head names a key."""
    announced = announced_length(request.META)
    if announced is None:
        raise GatewayError("InvalidContentLength", "The header Content-Length is not valid.")
    if announced > MOST_BYTES:
        raise _too_large()
    try:
        start = read_body(request, LARGE + 1)
        if len(start) <= LARGE:
            return start
        _usable_key_of(replace(received, body=start))
        body = start + read_body(request, MOST_BYTES + 1 - len(start))
    except OSError:
        raise GatewayError("IncompleteBody", "The request body did not arrive whole.") from None
    if len(body) > MOST_BYTES:
        raise _too_large()
    return body


def _usable_key_of(received: rpc.HttpRequest) -> None:
    """Raise GatewayError unless the call names an access key that may be used."""
    named = rpc.named_key(received)
    if not named:
        text = f"Name AccessKeyId first in a request of more than {LARGE} bytes."
        raise GatewayError("RequestEntityTooLarge", text, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    _check_usable(_key_of(named))


def _too_large() -> GatewayError:
    text = f"The request body has more than {MOST_BYTES} bytes."
    return GatewayError("RequestEntityTooLarge", text, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _not_supported() -> GatewayError:
    text = "This http method is not supported."
    return GatewayError("UnsupportedHTTPMethod", text, HTTPStatus.METHOD_NOT_ALLOWED)


def _action(call: RpcRequest) -> Action:
    if call.version != VERSION:
        raise GatewayError("InvalidVersion", "Specified parameter Version is not valid.")
    if call.action not in ACTIONS:
        text = "Specified api is not found, please check your url and method."
        raise GatewayError("InvalidApi.NotFound", text, 404)
    return ACTIONS[call.action]


def _verified(call: RpcRequest) -> AccessKey:
    key = _key_of(call.access_key_id)
    rpc.check_clock(call, timezone.now())
    if not call.signed_with(key.secret):
        raise rpc.mismatch(call)
    _check_usable(key)
    return key


def _check_usable(key: AccessKey) -> None:
    if not key.usable:
        raise GatewayError("InvalidAccessKeyId.Inactive", "Specified access key is disabled.")


def _key_of(access_key_id: str) -> AccessKey:
    key = find_access_key(access_key_id)
    if key is None:
        raise GatewayError("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
    return key


def _admit(call: RpcRequest, key: AccessKey, action: Action, address: str | None) -> None:
    now = timezone.now()
    limit = settings.API_LIMITS.get(action.name, settings.API_LIMITS.get("*", action.per_second))
    crowded = limit > 0 and recent_calls(key, action.name, now) >= limit
    # Only calls that are let through count towards the limit.
    if not spend_nonce(key, call.nonce, now, "" if crowded else action.name):
        _key_of(call.access_key_id)  # it may have been deleted just now
        raise GatewayError("SignatureNonceUsed", "Specified signature nonce was used already.")
    if crowded:
        raise GatewayError("Throttling.User", "Request was denied due to user flow control.")
    note_use(key, now, address)
    if not key.allows(action.scope):
        raise forbidden("The scope of the access key does not cover this action.")


def _handle(
    call: RpcRequest, key: AccessKey, action: Action, address: str | None
) -> Mapping[str, Any]:
    asked = Call(
        Parameters(call.parameters),
        api_actor(key, address),
        timezone.now(),
        AccessKeyScope(key.scope),
    )
    try:
        extra: Answer = action.handle(asked)
    except BusinessError as error:
        failure = {"Success": False, "Code": error.code, "ErrorMessage": error.message}
        return {**failure, **error.extra}
    except OperationError as error:
        code = "iot.system.SystemException"
        return {"Success": False, "Code": code, "ErrorMessage": error.text}
    return {"Success": True, **extra}


def _our_fault(error: Exception) -> GatewayError:
    if isinstance(error, AnyDatabaseError):
        text = "The request has failed due to a temporary failure of the server."
        return GatewayError("ServiceUnavailable", text, 503)
    text = "The request processing has failed due to some unknown error."
    return GatewayError("InternalError", text, 500)
