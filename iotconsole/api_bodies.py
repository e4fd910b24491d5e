"""Bodies of calls of the RPC API: how much of one is read before its signature can be checked."""

from dataclasses import replace
from http import HTTPStatus

from django.http import HttpRequest

from common.ops.throttle import Throttle
from common.web.bodies import ANYBODY, announced_length
from common.web.machine_requests import read_body
from common.web.rpc_parameters import GatewayError
from operators.models import AccessKey
from operators.operations.access_key_use import find_access_key
from operators.permissions import client_address
from protocol import rpc

# The largest that is asked for: 10,000 devices with an alias of Chinese characters each.
MOST_BYTES = 8 * 1024 * 1024
# More than this is only read for an access key that may be used.
LARGE = ANYBODY
# Large calls a minute of one key and address that are refused; to refuse one takes half a second.
WRONG_LARGE = 10
_wrong = Throttle(WRONG_LARGE)


def received_of(request: HttpRequest) -> rpc.HttpRequest:
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


def largest_body(request: HttpRequest, start: bytes = b"") -> int | None:
    """Bytes the body of this call may have; `start` is what has come of it. None when the key can
    only stand there, and nothing has come. What announces too much is refused at once."""
    received = replace(received_of(request), body=start)
    announced = announced_length(request.META)
    if announced is None or announced > MOST_BYTES:
        return LARGE
    if received.is_form and not start and not rpc.named_key(received):
        return None
    try:
        _check_large(request, received)
    except GatewayError:
        return LARGE
    return MOST_BYTES


def is_large(received: rpc.HttpRequest) -> bool:
    """Whether reading its fields takes so long that not everybody may have it done."""
    return len(received.body) > LARGE or len(received.query) > LARGE


def body_of(request: HttpRequest, received: rpc.HttpRequest) -> bytes:
    """The body; of a large one no more than its start, unless that or the head names a key."""
    announced = announced_length(request.META)
    if announced is None:
        raise GatewayError("InvalidContentLength", "The header Content-Length is not valid.")
    if announced > MOST_BYTES:
        raise _too_large()
    if len(received.query) > LARGE:
        _check_large(request, received)
    try:
        start = read_body(request, LARGE + 1)
        if max(len(start), announced) <= LARGE:
            return start
        _check_large(request, replace(received, body=start))
        body = start + read_body(request, MOST_BYTES + 1 - len(start))
    except OSError:
        raise _incomplete() from None
    if len(body) > MOST_BYTES:
        raise _too_large()
    if len(body) < announced:
        raise _incomplete()
    return body


def _check_large(request: HttpRequest, received: rpc.HttpRequest) -> None:
    """Raise GatewayError unless a large call names a key that may be used, and has not just been
    wrong again and again."""
    named = rpc.named_key(received)
    if not named:
        text = f"Name AccessKeyId first in a request of more than {LARGE} bytes."
        raise GatewayError("RequestEntityTooLarge", text, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if _wrong.exceeded(named, client_address(request) or ""):
        text = "Too many large requests with this key were refused. Try again in a minute."
        raise GatewayError("Throttling.User", text)
    check_usable(key_of(named))


def _too_large() -> GatewayError:
    text = f"The request body has more than {MOST_BYTES} bytes."
    return GatewayError("RequestEntityTooLarge", text, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _incomplete() -> GatewayError:
    return GatewayError("IncompleteBody", "The request body did not arrive whole.")


def check_usable(key: AccessKey) -> None:
    if not key.usable:
        raise GatewayError("InvalidAccessKeyId.Inactive", "Specified access key is disabled.")


def key_of(access_key_id: str) -> AccessKey:
    key = find_access_key(access_key_id)
    if key is None:
        raise GatewayError("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
    return key


def note_refused(access_key_id: str, address: str | None) -> None:
    """A large call was refused after it had been read."""
    _wrong.add(access_key_id, address or "")
