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

from common.errors import OperationError
from common.net.http.environ import sender_proven
from common.ops.error_log import describe
from common.ops.metrics import counter
from common.web.request_id import call_it
from common.web.rpc_envelope import respond
from common.web.rpc_parameters import GatewayError, Parameters
from devices.api import ACTIONS as DEVICE_ACTIONS
from imports.api import ACTIONS as IMPORT_ACTIONS
from iotconsole.api_bodies import (
    body_of,
    check_usable,
    is_large,
    key_of,
    note_refused,
    received_of,
)
from operators.models import AccessKey, AccessKeyScope
from operators.operations.access_key_use import (
    api_actor,
    note_use,
    recent_calls,
    spend_nonce,
)
from operators.permissions import client_address
from operators.rpc_registry import Action, Actions, Answer, BusinessError, Call, forbidden
from products.api import ACTIONS as PRODUCT_ACTIONS
from protocol import rpc
from protocol.rpc import RpcRequest
from protocol.rpc_fields import RpcError

logger = logging.getLogger(__name__)
_calls = counter("api_calls", "Calls of the API: ok, failed, refused or error.", "action", "result")

ACTIONS: Actions = Actions(PRODUCT_ACTIONS | DEVICE_ACTIONS | IMPORT_ACTIONS)
VERSION = "2018-01-20"
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
    """Answer every request, in JSON or XML."""
    request_id = str(uuid.uuid4()).upper()
    call_it(request, request_id)
    received = received_of(request)
    try:
        if request.method not in _METHODS:
            raise _not_supported()
        received = replace(received, body=body_of(request, received))
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
    address = client_address(request)
    if is_large(received):
        call, key = _large_call(received, address)
        action = _action(call)
    else:
        call = rpc.parse(received)
        action = _action(call)
        key = _verified(call)
    sender_proven(request.META)
    _admit(call, key, action, address)
    content = {"RequestId": request_id, **_handle(call, key, action, address)}
    _calls.labels(action.name, "ok" if content["Success"] else "failed").inc()
    return respond(content, f"{action.name}Response", xml=rpc.wants_xml(received))


def _large_call(received: rpc.HttpRequest, address: str | None) -> tuple[RpcRequest, AccessKey]:
    """The call and its key. The signature of v3 is checked before the body's fields are read; that
    of v1 covers them."""
    try:
        if "authorization" in received.headers:
            _verified(rpc.parse(received, body=False))
        call = rpc.parse(received)
        return call, _verified(call)
    except (RpcError, GatewayError):
        note_refused(rpc.named_key(received), address)
        raise


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
    key = key_of(call.access_key_id)
    rpc.check_clock(call, timezone.now())
    if not call.signed_with(key.secret):
        raise rpc.mismatch(call)
    check_usable(key)
    return key


def _admit(call: RpcRequest, key: AccessKey, action: Action, address: str | None) -> None:
    now = timezone.now()
    limit = settings.API_LIMITS.get(action.name, settings.API_LIMITS.get("*", action.per_second))
    crowded = limit > 0 and recent_calls(key, action.name, now) >= limit
    # Only calls that are let through count towards the limit.
    if not spend_nonce(key, call.nonce, now, "" if crowded else action.name):
        key_of(call.access_key_id)  # it may have been deleted just now
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
