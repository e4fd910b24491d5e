"""Chunked bodies: whatever their framing, h11 sees plain chunks only."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.net.http.chunks import ChunkFilter
from common.net.http.request_head import RequestError

END = b"0\r\n\r\n"
WORDS = st.sampled_from(
    [b"0", b"5", b"a", b"hello", b"\r\n", b"\n", b";x=y", b" ", b"X: y", b"\x0b"]
)


@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n" + END),
        (b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"5\r\nhello\r\n" + END),
        (b"5;name=value;x \r\nhello\r\n0;y\r\n\r\n", b"5\r\nhello\r\n" + END),
        (b"5  \r\nhello\r\n000\r\nX: y\r\nY: z\r\n\r\n", b"5\r\nhello\r\n" + END),
        (b"5\nhello\n0\n\n", b"5\r\nhello\r\n" + END),
        (END + b"GET / HTTP/1.1\r\n", END + b"GET / HTTP/1.1\r\n"),
    ],
)
def test_extensions_and_trailers_are_left_out(sent: bytes, passed: bytes) -> None:
    assert ChunkFilter().feed(sent) == passed


def test_byte_by_byte_it_is_the_same_body() -> None:
    chunks, passed = ChunkFilter(), b""
    for byte in b"A;x=y\r\n0123456789\r\n1\r\n!\r\n0\r\nX: y\r\n\r\nrest":
        passed += chunks.feed(bytes([byte]))
    assert passed == b"".join(b"1\r\n%c\r\n" % byte for byte in b"0123456789!") + END + b"rest"


@pytest.mark.parametrize(
    "sent",
    [
        b"x\r\n",
        b"-1\r\n",
        b"0x5\r\n",
        b"5_0\r\n",
        b"f" * 16 + b"\r\n",
        b"5\r\nhelloX\r\n",
        b"5\rhello\n",
        b"1;" + b" " * 60_000 + b"\n\r\n",
        b"1" + b" " * 60_000,
        b"0\r\n" + b"X: y\r\n" * 10_000,
        b"0\r\nX:" + b" " * 60_000 + b"\x0b\r\n\r\n",
    ],
)
@pytest.mark.parametrize("piece", [1, 100, 16 * 1024])
def test_no_framing_and_endless_lines_are_refused(sent: bytes, piece: int) -> None:
    with pytest.raises(RequestError):
        _fed(sent, piece)


def _fed(sent: bytes, piece: int) -> bytes:
    chunks = ChunkFilter()
    return b"".join(chunks.feed(sent[at : at + piece]) for at in range(0, len(sent), piece))


@given(st.lists(WORDS | st.binary(max_size=9), max_size=30).map(b"".join), st.integers(1, 40))
def test_any_bytes_are_chunks_or_are_refused(sent: bytes, piece: int) -> None:
    with suppress(RequestError):
        _fed(sent, piece)
