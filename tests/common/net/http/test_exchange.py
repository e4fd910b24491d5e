"""One request and its answer: bytes in, bytes out."""

from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.net.http.exchange import Exchange, Step
from common.net.http.request_body import SMALL
from common.net.http.request_head import RequestError

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED_HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = CHUNKED_HEAD + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
EXPECTS = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"


def large(length: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with closing(Exchange()) as exchange:
        yield exchange


def body_of(exchange: Exchange) -> tuple[int, bytes]:
    size, file = exchange.hand_over_body()
    with file:
        return size, file.read()


def whole(request: bytes) -> Exchange:
    exchange = Exchange()
    assert exchange.feed(request) is Step.WHOLE
    return exchange


@pytest.mark.parametrize(("request_", "body"), [(GET, b""), (POST, b"hello"), (CHUNKED, b"hello")])
def test_a_request_is_whole_with_its_last_byte(
    exchange: Exchange, request_: bytes, body: bytes
) -> None:
    for at in range(len(request_) - 1):
        assert exchange.feed(request_[at : at + 1]) is Step.MORE
    assert exchange.feed(request_[-1:]) is Step.WHOLE
    assert body_of(exchange) == body_of(whole(request_)) == (len(body), body)


def test_what_follows_belongs_to_the_next_one() -> None:
    exchange = whole(POST + GET + GET[:5])
    assert body_of(exchange) == (5, b"hello")
    exchange.head(200, [(b"Content-Length", b"0")])
    exchange.end()
    follower = exchange.follower()
    assert follower is not None
    assert follower[1] == GET + GET[:5]


def test_who_waits_for_permission_is_given_it_once(exchange: Exchange) -> None:
    assert exchange.feed(EXPECTS) is Step.MORE
    assert exchange.permission() == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert exchange.permission() == b""
    assert exchange.feed(b"hello") is Step.WHOLE


def test_a_large_body_is_asked_about_before_it_is_taken(exchange: Exchange) -> None:
    assert exchange.feed(large(SMALL + 1)) is Step.LARGE
    assert exchange.go_on() is Step.LARGE
    exchange.body.allowed = SMALL + 1
    assert exchange.go_on() is Step.MORE
    assert exchange.feed(b"x" * (SMALL + 1)) is Step.WHOLE


def test_of_a_chunked_body_nothing_is_lost_when_more_is_allowed(exchange: Exchange) -> None:
    chunk = b"%x\r\n%s\r\n" % (SMALL, b"a" * SMALL)
    assert exchange.feed(CHUNKED_HEAD + chunk) is Step.MORE
    assert exchange.feed(b"3\r\nbcd\r\n") is Step.LARGE
    exchange.body.allowed = SMALL + 3
    assert exchange.go_on() is Step.MORE
    assert exchange.feed(b"0\r\n\r\n") is Step.WHOLE
    assert body_of(exchange)[1] == b"a" * SMALL + b"bcd"


@pytest.mark.parametrize("announced", [SMALL + 1, 10**12])
def test_of_a_refused_body_only_the_length_is_left(exchange: Exchange, announced: int) -> None:
    assert exchange.feed(large(announced) + b"x" * 100) is Step.LARGE
    exchange.body.refuse()
    assert body_of(exchange) == (announced, b"")
    assert b"Connection: close\r\n" in exchange.head(413, [(b"Content-Length", b"0")])
    exchange.end()
    assert exchange.follower() is None


def test_names_of_headers_are_sent_as_they_are() -> None:
    """The C SDK v4 finds Content-Length in exactly these letters only (protocol.md 3.1)."""
    head = whole(GET).head(200, [(b"Content-Length", b"2"), (b"X-a", b"b")])
    assert head == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-a: b\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "status"), [(GET.replace(b"GET", b"HEAD"), 200), (GET, 204), (GET, 304)]
)
def test_an_answer_without_a_body_has_none(request_: bytes, status: int) -> None:
    exchange = whole(request_)
    exchange.head(status, [(b"Content-Length", b"2")] if status == 200 else [])
    assert exchange.data(b"ab") == b""
    assert exchange.end() == b""
    assert exchange.follower() is not None


def test_an_answer_of_unknown_length_is_chunked_for_those_who_know_chunks() -> None:
    exchange = whole(GET)
    assert b"Transfer-Encoding: chunked\r\n" in exchange.head(200, [])
    assert exchange.data(b"ab") == b"2\r\nab\r\n"
    assert exchange.end() == b"0\r\n\r\n"
    old = whole(GET.replace(b"1.1", b"1.0"))
    assert b"chunked" not in old.head(200, [])
    assert old.data(b"ab") == b"ab"
    old.end()
    assert old.follower() is None


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_a_step_or_a_refusal(received: bytes, piece: int) -> None:
    sent = CHUNKED_HEAD + received
    with closing(Exchange()) as exchange, suppress(RequestError):
        for at in range(0, len(sent), piece):
            if exchange.feed(sent[at : at + piece]) is not Step.MORE:
                return
