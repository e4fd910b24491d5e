"""Heads of requests: found in whatever pieces they come, bounded, of one length."""

from contextlib import suppress
from typing import cast

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.net.http.request_head import (
    MAX_HEAD,
    MAX_HEADERS,
    HeadReader,
    RequestError,
    parse_head,
)

GET = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
BARE = b"GET / HTTP/1.1\nHost: x\n\n"


def parsed(head: bytes) -> h11.Request:
    return parse_head(h11.Connection(h11.SERVER), head)


def fed(head: bytes, piece: int) -> None:
    reader = HeadReader()
    for at in range(0, len(head), piece):
        reader.feed(head[at : at + piece])


def status(head: bytes) -> int:
    with pytest.raises(RequestError) as raised:
        parsed(head)
    return raised.value.status


@pytest.mark.parametrize("head", [GET, POST, BARE])
def test_a_head_is_there_with_its_last_byte(head: bytes) -> None:
    assert HeadReader().feed(head + b"hello") == (head, b"hello")
    reader = HeadReader()
    for at in range(len(head) - 1):
        assert reader.feed(head[at : at + 1]) is None
    assert reader.feed(head[-1:]) == (head, b"")
    assert not reader.begun


def test_empty_lines_before_a_request_are_passed_over() -> None:
    reader = HeadReader()
    assert reader.feed(b"\r\n\r") is None
    assert not reader.begun
    assert reader.feed(b"\n" + GET) == (GET, b"")


@pytest.mark.parametrize("piece", [1, 7, 1000, 100_000])
@pytest.mark.parametrize(
    ("endless", "status"),
    [
        (b"GET /" + b"x" * MAX_HEAD, 414),
        (b"POST / HTTP/1.1\r\ncontent-length:" + b" " * MAX_HEAD, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * MAX_HEAD + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"a:\r\n" * (MAX_HEADERS + 2), 431),
        (b"GET / HTTP/1.1\r\n" + b"a:\n" * (MAX_HEADERS + 2) + b"\n", 431),
    ],
)
def test_a_head_that_is_too_long_or_has_too_many_lines_is_refused(
    endless: bytes, status: int, piece: int
) -> None:
    with pytest.raises(RequestError) as raised:
        fed(endless, piece)
    assert raised.value.status == status


def test_a_head_of_exactly_what_is_allowed_is_taken() -> None:
    full = GET[:-2] + b"X: " + b"y" * (MAX_HEAD - len(GET) - 5) + b"\r\n\r\n"
    assert len(full) == MAX_HEAD
    assert HeadReader().feed(full + b"rest") == (full, b"rest")
    lines = b"GET / HTTP/1.1\r\n" + b"a:\r\n" * MAX_HEADERS + b"\r\n"
    assert HeadReader().feed(lines) == (lines, b"")


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5\r\ncontent-length: 5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\nCONTENT-LENGTH: 5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5_0\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: \xc2\xb2\r\n",
        b"Content-Length : 5\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_a_body_has_one_length(lines: bytes) -> None:
    assert 400 <= status(b"POST / HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n") <= 501


def test_an_encoding_that_is_not_known_is_named() -> None:
    assert status(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n") == 501


class Untouched:
    def receive_data(self, data: bytes) -> None:
        pytest.fail("h11 has got it")


@pytest.mark.parametrize(
    "value",
    [
        b"x" + b" " * 60_000 + b"\x0b",
        b" " * 60_000 + b"\0",
        b"a\x0cb",
        b"a\rb",
        b"a\r\n b",
        b"a\n\tb",
    ],
)
def test_what_takes_h11_long_to_refuse_never_gets_there(value: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX:" + value + b"\r\n\r\n"
    with pytest.raises(RequestError):
        parse_head(cast("h11.Connection", Untouched()), head)


@pytest.mark.parametrize(
    "head", [b"hello\r\n\r\n", b"GET\0/ HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\n\n"]
)
def test_no_http_is_refused(head: bytes) -> None:
    assert status(head) == 400


@given(st.binary(max_size=400), st.integers(1, 40))
def test_any_bytes_give_a_head_or_a_refusal(received: bytes, piece: int) -> None:
    reader = HeadReader()
    for at in range(0, len(received), piece):
        with suppress(RequestError):
            if (found := reader.feed(received[at : at + piece])) is not None:
                parsed(found[0])
                return
