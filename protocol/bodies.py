"""The bodies of MQTT packets, 3.1 and 3.1.1: what stands behind the fixed header.

A reader takes the flags and the body; what it reads is bounded by the length of the packet, and
the number of filters by MAX_FILTERS.
"""

from collections.abc import Callable, Mapping, Sequence

from protocol.packets import (
    CONNACK_CREDENTIALS,
    CONNACK_IDENTIFIER,
    CONNACK_LEVEL,
    LEVEL_31,
    LEVEL_311,
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
from protocol.topics import MAX_SUBSCRIPTIONS

# Packet types, from the first four bits of the fixed header.
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 10, 11, 12, 13, 14

# In one SUBSCRIBE or UNSUBSCRIBE: more than a device may have ends the connection.
MAX_FILTERS = MAX_SUBSCRIPTIONS

_PROTOCOL_LEVELS = {b"MQIsdp": LEVEL_31, b"MQTT": LEVEL_311}

# Bits of the CONNECT flags.
_RESERVED, _CLEAN_SESSION, _WILL, _WILL_RETAIN = 0x01, 0x02, 0x04, 0x20
_PASSWORD, _USERNAME = 0x40, 0x80


class Body:
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
            raise ProtocolError("string contains NUL", connack)
        return text

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def more(self) -> bool:
        return self._at < len(self._data)

    def end(self) -> None:
        if self.more():
            raise ProtocolError("bytes after the end of a packet")


def _read_connect(_flags: int, body: Body) -> Packet:
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


def _read_publish(flags: int, body: Body) -> Packet:
    qos = flags >> 1 & 0b11
    return Publish(
        topic=body.text(),
        packet_id=body.u16() if qos else None,
        payload=body.rest(),
        qos=qos,
        dup=bool(flags & 0b1000),
        retain=bool(flags & 0b0001),
    )


def _read_puback(_flags: int, body: Body) -> Packet:
    return PubAck(body.u16())


def _read_subscribe(_flags: int, body: Body) -> Packet:
    packet_id = body.u16()
    filters: list[tuple[str, int]] = []
    while body.more():
        _check_number(filters)
        filters.append((body.text(), body.u8()))
    return Subscribe(packet_id, tuple(filters))


def _read_unsubscribe(_flags: int, body: Body) -> Packet:
    packet_id = body.u16()
    filters: list[str] = []
    while body.more():
        _check_number(filters)
        filters.append(body.text())
    return Unsubscribe(packet_id, tuple(filters))


def _check_number(filters: Sequence[object]) -> None:
    """Before a further one is read."""
    if len(filters) >= MAX_FILTERS:
        raise ProtocolError(f"packet with more than {MAX_FILTERS} filters")


def _read_connack(_flags: int, body: Body) -> Packet:
    flags, code = body.u8(), body.u8()
    if flags & 0xFE:
        raise ProtocolError("reserved flags in CONNACK")
    return ConnAck(code, bool(flags))


def _read_suback(_flags: int, body: Body) -> Packet:
    return SubAck(body.u16(), tuple(body.rest()))


# Packets whose fixed header carries flags that are not 0; those of PUBLISH mean something.
FLAGS: Mapping[int, int] = {SUBSCRIBE: 0b0010, UNSUBSCRIBE: 0b0010}

_PINGREQ, _DISCONNECT = PingReq(), Disconnect()

Reader = Callable[[int, Body], Packet]

FROM_CLIENT: Mapping[int, Reader] = {
    CONNECT: _read_connect,
    PUBLISH: _read_publish,
    PUBACK: _read_puback,
    SUBSCRIBE: _read_subscribe,
    UNSUBSCRIBE: _read_unsubscribe,
    PINGREQ: lambda _flags, _body: _PINGREQ,
    DISCONNECT: lambda _flags, _body: _DISCONNECT,
}
FROM_SERVER: Mapping[int, Reader] = {
    CONNACK: _read_connack,
    PUBLISH: _read_publish,
    PUBACK: _read_puback,
    SUBACK: _read_suback,
    UNSUBACK: lambda _flags, body: UnsubAck(body.u16()),
    PINGRESP: lambda _flags, _body: PingResp(),
}
