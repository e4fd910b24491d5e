"""The PROXY protocol, versions 1 and 2: a proxy's first bytes say whom it speaks for.

As HAProxy's proxy-protocol.txt has it. What a header holds besides the source address (the
destination, ports, TLVs and their checksum) is skipped: the proxy is trusted, or nobody listens.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

# Bytes, each with what follows from the specification and from senders in the field.
MAX_V1 = 107
MAX_V2 = 16 + 2048  # addresses of Unix sockets take 216; TLVs name hosts, certificates, endpoints

_V1 = b"PROXY "
_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_FIXED = 16
_LOCAL = 0x20
_COMMANDS = {_LOCAL, 0x21}
# By family: how many bytes of the block its addresses take, and of these the source's.
_INTERNET = {1: (12, 4), 2: (36, 16)}
_FAMILIES, _TRANSPORTS = range(4), range(3)
_V1_KINDS: dict[bytes, type[IPv4Address | IPv6Address]] = {
    b"TCP4": IPv4Address,
    b"TCP6": IPv6Address,
}


class ProxyError(Exception):
    """Bytes that begin no PROXY header. The text is fit for the log."""


@dataclass(frozen=True, slots=True)
class Header:
    """`source` is None where the proxy names no internet address. `local`: it speaks for itself, as
    health checks do. `rest` are the bytes behind the header."""

    source: str | None
    local: bool
    rest: bytes = field(repr=False)


class HeaderReader:
    """Collects bytes until the header is complete. Nothing over its limits is waited for."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> Header | None:
        """None while bytes are missing. Raises ProxyError as soon as they can be no header."""
        self._buffer += data
        if _begins(self._buffer, _V2):
            return _read_v2(self._buffer)
        if _begins(self._buffer, _V1):
            return _read_v1(self._buffer)
        raise ProxyError("begins with no PROXY header")


def _begins(data: bytes, signature: bytes) -> bool:
    """As far as either goes."""
    return data[: len(signature)] == signature[: len(data)]


def _read_v1(data: bytes) -> Header | None:
    end = data.find(b"\r\n", 0, MAX_V1)
    if end < 0:
        _require(len(data) < MAX_V1, f"line over {MAX_V1} bytes")
        return None
    words, rest = data[:end].split(b" ")[1:], data[end + 2 :]
    if words[0] == b"UNKNOWN":
        return Header(None, True, rest)
    _require(len(words) == 5 and words[0] in _V1_KINDS, "malformed line")
    source, _destination = (_v1_address(word, _V1_KINDS[words[0]]) for word in words[1:3])
    _require(all(map(_is_port, words[3:])), "malformed port")
    return Header(source, False, rest)


def _v1_address(word: bytes, kind: type[IPv4Address | IPv6Address]) -> str:
    """ProxyError also for a zone, which means nothing on another host."""
    try:
        address = kind(word.decode("ascii"))
    except ValueError:
        raise ProxyError("malformed address") from None
    _require(b"%" not in word, "malformed address")
    return _plain(address)


def _is_port(word: bytes) -> bool:
    return word.isdigit() and len(word) <= 5 and int(word) <= 0xFFFF


def _read_v2(data: bytes) -> Header | None:
    if len(data) < _V2_FIXED:
        return None
    command, family, transport = data[12], data[13] >> 4, data[13] & 0x0F
    _require(command in _COMMANDS, "unknown version or command")
    _require(family in _FAMILIES and transport in _TRANSPORTS, "unknown address family")
    end = _V2_FIXED + int.from_bytes(data[14:_V2_FIXED], "big")
    _require(end <= MAX_V2, f"header over {MAX_V2} bytes")
    if len(data) < end:
        return None
    local = command == _LOCAL
    named = not local and transport and family in _INTERNET
    source = _v2_source(data[_V2_FIXED:end], family) if named else None
    return Header(source, local, data[end:])


def _v2_source(block: bytes, family: int) -> str:
    needed, size = _INTERNET[family]
    _require(len(block) >= needed, "addresses end early")
    if size == 4:
        return ".".join(map(str, block[:4]))
    return _plain(IPv6Address(block[:size]))


def _plain(address: IPv4Address | IPv6Address) -> str:
    """An IPv4 address as such, also where the proxy took it in over IPv6."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ProxyError(problem)
