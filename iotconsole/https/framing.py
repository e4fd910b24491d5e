"""Where one HTTP/1 request ends, which gunicorn then parses: bytes in, a length out."""

import re
from dataclasses import dataclass

# Bytes: a request line as long as gunicorn_config allows, and headers. A longer head is handed on
# as it is, for gunicorn to refuse.
MAX_HEAD = (1024 + 16) * 1024
# What the API takes (iotconsole.openapi). A longer body is not received: who answers the request
# sees its announced length, and no body.
MAX_BODY = 8 * 1024 * 1024

_END_OF_HEAD = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*([0-9]{1,18})[ \t]*\r?$")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:.*chunked")
_EXPECTS = re.compile(rb"(?im)^expect:[ \t]*100-continue")


@dataclass(frozen=True, slots=True)
class Request:
    """The first `length` bytes are a request; unless it is `whole`, more of its body follows."""

    length: int
    whole: bool = True


def first_request(received: bytes | bytearray) -> Request | None:
    """None while more of it must come. What is no HTTP counts as whole at some length."""
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return Request(len(received)) if len(received) > MAX_HEAD else None
    head, start = received[:end], end + len(_END_OF_HEAD)
    if _CHUNKED.search(head):
        return _chunked(received, start)
    announced = _LENGTH.search(head)
    length = int(announced[1]) if announced else 0
    if length > MAX_BODY:
        return Request(start, whole=False)
    return Request(start + length) if len(received) >= start + length else None


def awaits_permission(received: bytes | bytearray) -> bool:
    """Whether the head is there and its sender wants to be told to go on."""
    end = received.find(_END_OF_HEAD)
    return end >= 0 and _EXPECTS.search(received, 0, end) is not None


def _chunked(received: bytes | bytearray, start: int) -> Request | None:
    """By its last chunk. Who sends trailers, or a request behind it, waits in vain."""
    if len(received) - start > MAX_BODY:
        return Request(len(received), whole=False)
    last = received.endswith(b"\r\n" + _LAST_CHUNK, start) or received[start:] == _LAST_CHUNK
    return Request(len(received)) if last else None
