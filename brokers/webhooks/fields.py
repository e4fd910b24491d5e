"""The fields of a broker's question, from a form or from JSON.

A question is refused unless it can be read in one way only. A broker that does not encode what it
puts into a form lets a device write fields of its own: `x&username=pump-0002%26a1` as a clientId
(NanoMQ before 0.24 did that). So a form holds the bytes that encoders write and no others, and
form and JSON hold each field once, only fields that the broker sends, and only texts and numbers.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest

from common.web.machine_requests import read_body
from protocol.http_form import CONTENT_TYPE, MAX_BODY, check_length
from protocol.validators import MalformedError, require

JSON = "application/json"
# Clients send a CONNECT of 8 KiB at most, and a form writes a byte as up to three.
_LONGEST = 3 * MAX_BODY
_LENGTH = re.compile(r"[0-9]{1,9}")
# No broker sends as many.
_MOST_FIELDS = 32
# What Erlang, Go and C encoders leave as it is, `+` for a space, and percent signs.
_FIELD = re.compile(rb"([\w.-]+)=((?:[\w.~*+-]|%[0-9A-Fa-f]{2})*)", re.ASCII)
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)

Fields = Mapping[str, str]
# Whether a broker sends a field of this name.
Knows = Callable[[str], bool]
_Pairs = Iterable[tuple[str, Any]]


def fields_of(request: HttpRequest, knows: Knows) -> Fields:
    """Raises MalformedError; what cannot be read allows nothing. The query counts for nothing."""
    require(request.method == "POST", "request is not a POST")
    require(request.content_type in {JSON, CONTENT_TYPE}, "body is neither a form nor JSON")
    charset = (request.content_params or {}).get("charset", "utf-8")
    require(charset.lower() in {"utf-8", "utf8"}, "body is not UTF-8")
    body = _body(request)
    fields = _once(_json(body) if is_json(request) else _form(body))
    for name, value in fields.items():
        require(knows(name), f"field {_shown(name)} is unknown")
        _check_text(name, value)
    return fields


def is_json(request: HttpRequest) -> bool:
    return request.content_type == JSON


def _body(request: HttpRequest) -> bytes:
    announced = request.headers.get("Content-Length") or "0"
    require(_LENGTH.fullmatch(announced) is not None, "Content-Length is not valid")
    check_length(int(announced), _LONGEST)
    try:
        body = read_body(request, _LONGEST + 1)
    except OSError:
        raise MalformedError("body ends early") from None
    check_length(len(body), _LONGEST)
    return body


def _form(body: bytes) -> _Pairs:
    require(body.count(b"&") < _MOST_FIELDS, f"body has more than {_MOST_FIELDS} fields")
    for part in body.split(b"&") if body else ():
        found = _FIELD.fullmatch(part)
        if found is None:
            raise MalformedError("form is not percent-encoded: let the broker send JSON")
        yield found[1].decode(), _decoded(found[2])


def _decoded(value: bytes) -> str:
    try:
        return unquote_to_bytes(value.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise MalformedError("string is not UTF-8") from None


def _json(body: bytes) -> _Pairs:
    try:
        content = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except MalformedError:
        raise
    except (ValueError, RecursionError):
        raise MalformedError("body is no JSON") from None
    require(isinstance(content, _Object), "body is no JSON object")
    return ((name, _text(name, value)) for name, value in content)


class _Object(list[tuple[str, Any]]):
    """The members of a JSON object, of which some may have the same name."""


def _object(members: list[tuple[str, Any]]) -> _Object:
    require(len(members) <= _MOST_FIELDS, f"body has more than {_MOST_FIELDS} fields")
    return _Object(members)


def _no_number(text: str) -> NoReturn:
    raise MalformedError("a number is not a whole one")


def _text(name: str, value: Any) -> str:
    """EMQX and mosquitto-go-auth send numbers, EMQX also true and false."""
    if isinstance(value, bool):
        return str(value).lower()
    require(isinstance(value, str | int), f"field {_shown(name)} is neither a text nor a number")
    return str(value)


def _once(pairs: _Pairs) -> Fields:
    fields: dict[str, str] = {}
    for name, value in pairs:
        require(name not in fields, f"field {_shown(name)} came more than once")
        fields[name] = value
    return fields


def _check_text(name: str, value: str) -> None:
    require("\0" not in value, f"field {_shown(name)} holds NUL")
    # JSON can write half of a character, which no broker takes from a device.
    require(not any("\ud800" <= c <= "\udfff" for c in value), "string is not UTF-8")


def _shown(name: str) -> str:
    """Return the part of it that the log may repeat."""
    return name if _NAME.fullmatch(name) else "?"
