"""Where a request ends, fed whole and byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotconsole.https.framing import (
    MAX_BODY,
    MAX_HEAD,
    Request,
    awaits_permission,
    first_request,
)

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
EMPTY_CHUNKED = b"POST / HTTP/1.1\r\ntransfer-encoding: gzip, Chunked\r\n\r\n0\r\n\r\n"


@pytest.mark.parametrize("request_", [GET, POST, CHUNKED, EMPTY_CHUNKED])
def test_a_request_is_there_with_its_last_byte(request_: bytes) -> None:
    assert first_request(request_) == Request(len(request_))
    for length in range(len(request_)):
        assert first_request(request_[:length]) is None


@pytest.mark.parametrize("request_", [GET, POST])
def test_what_follows_belongs_to_the_next_one(request_: bytes) -> None:
    assert first_request(request_ + POST) == Request(len(request_))


@pytest.mark.parametrize("name", [b"content-length", b"CONTENT-LENGTH", b"Content-Length"])
@pytest.mark.parametrize("space", [b"", b" ", b"\t "])
def test_header_names_are_read_in_any_case(name: bytes, space: bytes) -> None:
    head = b"POST / HTTP/1.1\r\n" + name + b":" + space + b"2\r\n\r\n"
    assert first_request(head) is None
    assert first_request(head + b"ab") == Request(len(head) + 2)


def test_a_body_that_is_too_long_is_not_awaited() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1)
    assert first_request(head) == Request(len(head), whole=False)
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    received = head + bytes(MAX_BODY + 1)
    assert first_request(received) == Request(len(received), whole=False)


def test_a_head_without_end_is_handed_on() -> None:
    assert first_request(b"x" * MAX_HEAD) is None
    assert first_request(b"x" * (MAX_HEAD + 1)) == Request(MAX_HEAD + 1)


def test_permission_is_awaited_behind_a_head_that_asks_for_it() -> None:
    head = b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"
    assert awaits_permission(head)
    assert not awaits_permission(head[:-1])
    assert not awaits_permission(POST + head)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_the_beginning_of_one(received: bytes) -> None:
    found = first_request(received + b"\r\n\r\n")
    assert found is None or found.length <= len(received) + 4
