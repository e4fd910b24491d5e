"""PROXY headers: both versions, whole and byte by byte, malformed, too long, and anything."""

import struct
from ipaddress import ip_address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.proxy import MAX_V1, MAX_V2, Header, HeaderReader, ProxyError

REST = b"\x10\x0c\x00\x04MQTT"
SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")
PORTS = struct.pack(">HH", 51234, 1883)


def v2(kind: int, block: bytes, *, command: int = 0x21) -> bytes:
    return SIGNATURE + bytes((command, kind)) + struct.pack(">H", len(block)) + block


def addresses(source: str, destination: str) -> bytes:
    return ip_address(source).packed + ip_address(destination).packed + PORTS


def tlv(kind: int, value: bytes) -> bytes:
    return struct.pack(">BH", kind, len(value)) + value


V4 = addresses("192.0.2.7", "198.51.100.1")
V6 = addresses("2001:db8::7", "2001:db8::1")
UNIX = b"/run/haproxy.sock".ljust(108, b"\0") * 2
CRC32C, NOOP, UNIQUE_ID, AUTHORITY = 0x03, 0x04, 0x05, 0x02

HEADERS: list[tuple[bytes, str | None, bool]] = [
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 51234 1883\r\n", "192.0.2.7", False),
    (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255", False),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 0 1883\r\n", "2001:db8::7", False),
    (b"PROXY TCP6 2001:DB8:0::7 ::1 51234 1883\r\n", "2001:db8::7", False),
    (b"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 51234 1883\r\n", "192.0.2.7", False),
    (b"PROXY UNKNOWN\r\n", None, True),
    (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None, True),
    (v2(0x11, V4), "192.0.2.7", False),
    (v2(0x12, V4), "192.0.2.7", False),
    (v2(0x21, V6), "2001:db8::7", False),
    (v2(0x21, addresses("::ffff:192.0.2.7", "::ffff:198.51.100.1")), "192.0.2.7", False),
    (v2(0x11, V4 + tlv(NOOP, b"") + tlv(UNIQUE_ID, b"u" * 128)), "192.0.2.7", False),
    # A checksum is skipped like any TLV, right or wrong: TCP has one of its own.
    (v2(0x11, V4 + tlv(CRC32C, b"\0\0\0\0")), "192.0.2.7", False),
    (v2(0x11, V4 + tlv(CRC32C, b"\xff\xff\xff\xff")), "192.0.2.7", False),
    (v2(0x21, V6 + tlv(AUTHORITY, b"a" * (MAX_V2 - 16 - 36 - 3))), "2001:db8::7", False),
    # What follows the addresses is not looked at, be it a TLV or not.
    (v2(0x11, V4 + b"\xff"), "192.0.2.7", False),
    (v2(0x31, UNIX), None, False),
    (v2(0x00, b""), None, False),
    (v2(0x00, tlv(NOOP, b"xx")), None, False),
    (v2(0x10, V4), None, False),
    (v2(0x00, b"", command=0x20), None, True),
    (v2(0x11, V4, command=0x20), None, True),
    (v2(0x11, b"", command=0x20), None, True),
]


def fed(data: bytes) -> Header | None:
    return HeaderReader().feed(data)


def bytewise(data: bytes) -> Header | None:
    """After the last byte; before, there is none."""
    reader, found = HeaderReader(), None
    for byte in data:
        assert found is None
        found = reader.feed(bytes((byte,)))
    return found


@pytest.mark.parametrize(("data", "source", "local"), HEADERS)
def test_a_header_is_read_whole_and_what_follows_is_kept(
    data: bytes, source: str | None, local: bool
) -> None:
    assert fed(data) == Header(source, local, b"")
    assert fed(data + REST) == Header(source, local, REST)


@pytest.mark.parametrize(("data", "source", "local"), HEADERS)
def test_a_header_is_read_byte_by_byte(data: bytes, source: str | None, local: bool) -> None:
    assert bytewise(data) == Header(source, local, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"\x10\x0c\x00\x04MQTT",
        b"\x16\x03\x01",
        b"GET / HTTP/1.1\r\n",
        b"PROXYTCP4",
        b"proxy TCP4 192.0.2.7 198.51.100.1 51234 1883\r\n",
        b"PROXY \r\n",
        b"PROXY TCP4\r\n",
        b"PROXY TCP5 192.0.2.7 198.51.100.1 51234 1883\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 51234\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 51234 1883 \r\n",
        b"PROXY TCP4  192.0.2.7 198.51.100.1 51234 1883\r\n",
        b"PROXY TCP4 192.0.2 198.51.100.1 51234 1883\r\n",
        b"PROXY TCP4 192.0.2.07 198.51.100.1 51234 1883\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 51234 1883\r\n",
        b"PROXY TCP6 192.0.2.7 198.51.100.1 51234 1883\r\n",
        b"PROXY TCP6 fe80::7%eth0 fe80::1 51234 1883\r\n",
        b"PROXY TCP4 192.0.2.7 nowhere 51234 1883\r\n",
        b"PROXY TCP4 192.0.2.\xb7 198.51.100.1 51234 1883\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 1883\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 -1 1883\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 51234 000018\r\n",
        b"PROXY TCP4 " + b"1" * MAX_V1,
        b"PROXY UNKNOWN " + b"x" * MAX_V1 + b"\r\n",
        SIGNATURE + b"\x11\x11\x00\x0c" + V4,  # version 1 in the clothes of version 2
        SIGNATURE + b"\x22\x11\x00\x0c" + V4,
        v2(0x41, V4),
        v2(0x13, V4),
        v2(0x11, V4[:-1]),
        v2(0x21, V6[:-1]),
        v2(0x11, b""),
        SIGNATURE + b"\x21\x11" + struct.pack(">H", MAX_V2 - 16 + 1),
        SIGNATURE + b"\x20\x00\xff\xff",
    ],
)
def test_what_is_no_header_is_an_error_whole_and_byte_by_byte(data: bytes) -> None:
    with pytest.raises(ProxyError):
        fed(data)
    with pytest.raises(ProxyError):
        bytewise(data)


@pytest.mark.parametrize("first", [b"\x10", b"\x16", b"G", b"PX", b"\r\n\n"])
def test_other_protocols_are_an_error_from_the_first_byte_that_differs(first: bytes) -> None:
    with pytest.raises(ProxyError, match="begins with no PROXY header"):
        fed(first)


@pytest.mark.parametrize(
    "begin", [b"", b"P", b"PROXY", b"PROXY TCP4 192.0.2.7\r", SIGNATURE[:5], SIGNATURE + b"\x21"]
)
def test_a_beginning_waits_for_more(begin: bytes) -> None:
    assert fed(begin) is None


def test_what_follows_a_header_is_not_shown() -> None:
    assert "secret" not in repr(fed(b"PROXY UNKNOWN\r\nsecret"))


def begun() -> st.SearchStrategy[bytes]:
    """Bytes that begin as headers do, so that the search gets past the signature."""
    ahead = st.sampled_from(
        [b"", b"PROXY ", b"PROXY TCP4 ", b"PROXY TCP6 ", SIGNATURE, SIGNATURE + b"\x21\x11\x00"]
    )
    return st.tuples(ahead, st.binary(max_size=200)).map(b"".join)


@given(begun(), st.lists(st.integers(min_value=0, max_value=220), max_size=4))
def test_any_bytes_give_a_header_or_an_error_however_they_are_cut(
    data: bytes, cuts: list[int]
) -> None:
    try:
        whole: Header | str | None = fed(data)
    except ProxyError as error:
        whole = str(error)
    reader, pieces = HeaderReader(), [0, *sorted(cuts), len(data)]
    cut: Header | str | None = None
    for start, end in pairwise(pieces):
        try:
            cut = reader.feed(data[start:end])
        except ProxyError as error:
            cut = str(error)
        if isinstance(cut, str):
            break
        if cut is not None:
            cut = Header(cut.source, cut.local, cut.rest + data[end:])
            break
    assert cut == whole


@given(
    st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.integers(min_value=0, max_value=65535)
)
def test_both_versions_tell_the_same_address(address: object, port: int) -> None:
    kind, number = ("TCP4", 0x11) if ":" not in str(address) else ("TCP6", 0x21)
    written = f"PROXY {kind} {address} {address} {port} 1883\r\n".encode()
    packed = v2(number, ip_address(str(address)).packed * 2 + PORTS)
    one, two = fed(written), fed(packed)
    assert one is not None
    assert one == two
    assert one.source is not None
