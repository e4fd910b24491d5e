"""The fields of a broker's question, as a form or as JSON."""

import json
from collections.abc import Mapping
from contextlib import suppress

from django.http import HttpRequest

from devices.protocol.form import MAX_BODY, check_length, parse_form
from devices.protocol.params import MalformedError, require

JSON = "application/json"
# Clients send a CONNECT of 8 KiB at most, and a form writes a byte as up to three.
_LONGEST = 3 * MAX_BODY

Fields = Mapping[str, str]


def fields_of(request: HttpRequest) -> Fields:
    """Raises MalformedError; what cannot be read allows nothing."""
    require(request.method == "POST", "request is not a POST")
    body = _body(request)
    return _json(body) if is_json(request) else parse_form(body, longest=_LONGEST)


def is_json(request: HttpRequest) -> bool:
    return request.content_type == JSON


def _body(request: HttpRequest) -> bytes:
    check_length(_announced(request), _LONGEST)
    # Django reads as much as was announced, gunicorn knows where a chunked body ends.
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    stream = request.META["wsgi.input"] if chunked else request
    try:
        body: bytes = stream.read(_LONGEST + 1)
    except OSError:
        raise MalformedError("body ends early") from None
    check_length(len(body), _LONGEST)
    return body


def _announced(request: HttpRequest) -> int:
    with suppress(ValueError):
        return int(request.headers.get("Content-Length") or 0)
    return 0


def _json(body: bytes) -> Fields:
    """Texts and numbers; what else there is, is not there."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedError("body is no JSON") from None
    require(isinstance(content, dict), "body is no JSON object")
    return {
        name: str(value)
        for name, value in content.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }
