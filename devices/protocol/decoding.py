"""Bytes to packets: MQTT 3.1 and 3.1.1, for either side of a connection."""

from collections.abc import Callable, Mapping

from devices.protocol.packets import (
    CONNACK_CREDENTIALS,
    CONNACK_IDENTIFIER,
    CONNACK_LEVEL,
    LEVEL_31,
    LEVEL_311,
    MAX_PAYLOAD,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    ProtocolError,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
)

# Bytes behind the fixed header. A registration's CONNECT has about 200.
LIMIT_UNAUTHENTICATED = 8 * 1024
# A full payload, a topic of 128 bytes with its length, and a packet id.
LIMIT_AUTHENTICATED = MAX_PAYLOAD + 2 + 128 + 2

# Packet types, from the first four bits of the fixed header.
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 10, 11, 12, 13, 14

_PROTOCOL_LEVELS = {b"MQIsdp": LEVEL_31, b"MQTT": LEVEL_311}

# Bits of the CONNECT flags.
_RESERVED, _CLEAN_SESSION, _WILL, _WILL_RETAIN = 0x01, 0x02, 0x04, 0x20
_PASSWORD, _USERNAME = 0x40, 0x80


# A fixed header: packet type and flags, where the body starts, and where it ends.
_Frame = tuple[int, int, int, int]


class _Body:
    """Reads one packet's body from front to back; running out of bytes is a ProtocolError."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int, connack: int | None = None) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise ProtocolError("packet ends early", connack)
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def binary(self, connack: int | None = None) -> bytes:
        """Read in one go: a CONNECT has four of them."""
        start = self._at + 2
        end = start + int.from_bytes(self._data[self._at : start], "big")
        if start > len(self._data) or end > len(self._data):
            raise ProtocolError("packet ends early", connack)
        self._at = end
        return self._data[start:end]

    def text(self, connack: int | None = None) -> str:
        """A string, with `connack` for the error when it is no valid one."""
        try:
            text = self.binary(connack).decode()
        except UnicodeDecodeError:
            raise ProtocolError("string is not UTF-8", connack) from None
        if "\0" in text:
            raise ProtocolError("string holds NUL", connack)
        return text

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def more(self) -> bool:
        return self._at < len(self._data)

    def end(self) -> None:
        if self.more():
            raise ProtocolError("bytes behind the end of a packet")


class Decoder:
    """Collects bytes and hands out complete packets.

    The first packet must be CONNECT, and the only one (of a server, CONNACK). A packet's type,
    flags and length are judged as soon as its fixed header is there, so that never more than
    `limit` bytes of it are collected; raise `limit` once the device is authenticated.
    """

    __slots__ = ("_buffer", "_failed", "_needed", "_opened", "_opening", "_readers", "limit")

    def __init__(
        self, max_packet: int = LIMIT_UNAUTHENTICATED, *, server_side: bool = True
    ) -> None:
        self.limit = max_packet
        self._readers = _FROM_CLIENT if server_side else _FROM_SERVER
        self._opening = CONNECT if server_side else CONNACK
        self._opened = False
        # Bytes that nothing is added to, where packets come whole as they mostly do.
        self._buffer: bytes | bytearray = b""
        self._needed = 2  # bytes in the buffer before looking at it again is of any use
        self._failed = False

    def feed(self, data: bytes) -> list[Packet]:
        """The packets completed by `data`. After a ProtocolError every call raises another."""
        if self._failed:
            raise ProtocolError("bytes after a protocol error")
        if self._buffer:
            self._buffer += data
        else:
            self._buffer = data
        packets: list[Packet] = []
        try:
            self._drain(packets)
        except ProtocolError as error:
            self._failed = True
            self._buffer = b""
            error.packets = tuple(packets)
            raise
        return packets

    def _drain(self, packets: list[Packet]) -> None:
        buffer, start, available = self._buffer, 0, len(self._buffer)
        while available - start >= self._needed:
            frame = self._frame(start)
            # Without its end, one byte more may complete the header.
            kind, flags, begin, end = frame or (0, 0, 0, available + 1)
            # Fed byte by byte, a long packet is not looked at again before it is complete.
            self._needed = end - start
            if end > available:
                break
            body = _Body(bytes(buffer[begin:end]))
            packet = self._readers[kind](flags, body)
            body.end()
            self._opened = True
            packets.append(packet)
            start, self._needed = end, 2
        self._keep(start)

    def _keep(self, start: int) -> None:
        """What is behind `start`, once per feed: bytearray drops its front without copying."""
        if start == len(self._buffer):
            self._buffer = b""
        elif isinstance(self._buffer, bytearray):
            del self._buffer[:start]
        else:
            self._buffer = bytearray(self._buffer[start:])

    def _frame(self, start: int) -> _Frame | None:
        """The fixed header at `start`, or None while its length is incomplete."""
        buffer = self._buffer
        kind, flags = buffer[start] >> 4, buffer[start] & 0x0F
        self._check_kind(kind, flags)
        length = 0
        for place in range(4):
            at = start + 1 + place
            if at == len(buffer):
                return None
            length |= (buffer[at] & 0x7F) << (7 * place)
            if buffer[at] < 0x80:
                self._check_length(kind, length)
                return kind, flags, at + 1, at + 1 + length
        raise ProtocolError("length of a packet has more than four bytes")

    def _check_kind(self, kind: int, flags: int) -> None:
        if (kind == self._opening) == self._opened:
            raise ProtocolError("second CONNECT" if self._opened else "first packet is no CONNECT")
        if kind not in self._readers:
            raise ProtocolError(f"packet type {kind} is not supported here")
        if kind == PUBLISH:
            if flags & 0b0100:
                raise ProtocolError("QoS 2 is not supported")
        elif flags != _FLAGS.get(kind, 0):
            raise ProtocolError(f"reserved flags in packet type {kind}")

    def _check_length(self, kind: int, length: int) -> None:
        if length > self.limit:
            connack = CONNACK_IDENTIFIER if kind == CONNECT else None
            raise ProtocolError(f"packet over {self.limit} bytes", connack)


def _read_connect(_flags: int, body: _Body) -> Packet:
    name, level = body.binary(), body.u8()
    if _PROTOCOL_LEVELS.get(name) != level:
        raise ProtocolError("protocol is neither MQTT 3.1 nor 3.1.1", CONNACK_LEVEL)
    flags = body.u8()
    _check_connect_flags(flags)
    keepalive = body.u16()
    client_id = body.text(CONNACK_IDENTIFIER)
    if not client_id and not flags & _CLEAN_SESSION:
        raise ProtocolError("clientId is empty", CONNACK_IDENTIFIER)
    if flags & _WILL:
        # The platform has no will (protocol.md 5.3): clients that send one are served without.
        body.text()
        body.binary()
    return Connect(
        protocol_level=level,
        client_id=client_id,
        username=body.text(CONNACK_CREDENTIALS) if flags & _USERNAME else None,
        password=body.binary(CONNACK_CREDENTIALS) if flags & _PASSWORD else None,
        keepalive=keepalive,
        clean_session=bool(flags & _CLEAN_SESSION),
    )


def _check_connect_flags(flags: int) -> None:
    will_qos = flags >> 3 & 0b11
    if flags & _RESERVED or will_qos == 3:
        raise ProtocolError("reserved flag in CONNECT")
    if not flags & _WILL and (will_qos or flags & _WILL_RETAIN):
        raise ProtocolError("will flags without a will")
    if flags & _PASSWORD and not flags & _USERNAME:
        raise ProtocolError("password without a username", CONNACK_CREDENTIALS)


def _read_publish(flags: int, body: _Body) -> Packet:
    qos = flags >> 1 & 0b11
    return Publish(
        topic=body.text(),
        packet_id=body.u16() if qos else None,
        payload=body.rest(),
        qos=qos,
        dup=bool(flags & 0b1000),
        retain=bool(flags & 0b0001),
    )


def _read_puback(_flags: int, body: _Body) -> Packet:
    return PubAck(body.u16())


def _read_subscribe(_flags: int, body: _Body) -> Packet:
    packet_id, filters = body.u16(), []
    while body.more():
        filters.append((body.text(), body.u8()))
    return Subscribe(packet_id, tuple(filters))


def _read_unsubscribe(_flags: int, body: _Body) -> Packet:
    packet_id, filters = body.u16(), []
    while body.more():
        filters.append(body.text())
    return Unsubscribe(packet_id, tuple(filters))


def _read_connack(_flags: int, body: _Body) -> Packet:
    flags, code = body.u8(), body.u8()
    if flags & 0xFE:
        raise ProtocolError("reserved flags in CONNACK")
    return ConnAck(code, bool(flags))


def _read_suback(_flags: int, body: _Body) -> Packet:
    return SubAck(body.u16(), tuple(body.rest()))


# Packets whose fixed header carries flags that are not 0; those of PUBLISH mean something.
_FLAGS = {SUBSCRIBE: 0b0010, UNSUBSCRIBE: 0b0010}

_PINGREQ, _DISCONNECT = PingReq(), Disconnect()

_Reader = Callable[[int, _Body], Packet]

_FROM_CLIENT: Mapping[int, _Reader] = {
    CONNECT: _read_connect,
    PUBLISH: _read_publish,
    PUBACK: _read_puback,
    SUBSCRIBE: _read_subscribe,
    UNSUBSCRIBE: _read_unsubscribe,
    PINGREQ: lambda _flags, _body: _PINGREQ,
    DISCONNECT: lambda _flags, _body: _DISCONNECT,
}
_FROM_SERVER: Mapping[int, _Reader] = {
    CONNACK: _read_connack,
    PUBLISH: _read_publish,
    PUBACK: _read_puback,
    SUBACK: _read_suback,
    UNSUBACK: lambda _flags, body: UnsubAck(body.u16()),
    PINGRESP: lambda _flags, _body: PingResp(),
}
