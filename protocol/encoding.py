"""Packets to bytes. The server's first, then those that devices send (tests, simulator, bench)."""

from collections.abc import Sequence

from protocol.packets import (
    LEVEL_31,
    LEVEL_311,
    ConnAck,
    Connect,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
)

PINGRESP = b"\xd0\x00"
PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"

_PROTOCOL_NAMES = {LEVEL_31: "MQIsdp", LEVEL_311: "MQTT"}
_MAX_LENGTH = (1 << 28) - 1


def connack(code: int, session_present: bool = False) -> bytes:
    """ValueError for session_present with a refusal, which 3.1.1 forbids."""
    if code and session_present:
        raise ValueError("a refusal has no session")
    packet = ConnAck(code, session_present)
    return bytes((0x20, 2, packet.session_present, packet.code))


def publish(
    topic: str,
    payload: bytes,
    qos: int = 0,
    packet_id: int | None = None,
    *,
    dup: bool = False,
    retain: bool = False,
) -> bytes:
    """`packet_id` goes with QoS 1; `dup` marks a second delivery."""
    packet = Publish(topic, payload, qos, packet_id, dup, retain)
    variable = _text(topic) if packet.packet_id is None else _text(topic) + _u16(packet.packet_id)
    return _frame(0x30 | dup << 3 | qos << 1 | retain, variable + payload)


def puback(packet_id: int) -> bytes:
    """Answers a PUBLISH at QoS 1."""
    return b"\x40\x02" + _u16(PubAck(packet_id).packet_id)


def suback(packet_id: int, codes: Sequence[int]) -> bytes:
    """`codes`, one per filter in order: the QoS granted, or `SUBACK_REFUSED`."""
    packet = SubAck(packet_id, tuple(codes))
    return _frame(0x90, _u16(packet.packet_id) + bytes(packet.codes))


def unsuback(packet_id: int) -> bytes:
    """Answers an UNSUBSCRIBE."""
    return b"\xb0\x02" + _u16(UnsubAck(packet_id).packet_id)


def connect(
    client_id: str,
    username: str | None = None,
    password: str | bytes | None = None,
    keepalive: int = 60,
    clean_session: bool = True,
    protocol_level: int = LEVEL_311,
) -> bytes:
    """`keepalive` in seconds. ValueError for a password without a username."""
    if password is not None and username is None:
        raise ValueError("a password goes with a username")
    secret = password.encode() if isinstance(password, str) else password
    packet = Connect(protocol_level, client_id, username, secret, keepalive, clean_session)
    flags = (username is not None) << 7 | (secret is not None) << 6 | clean_session << 1
    body = _text(_PROTOCOL_NAMES[packet.protocol_level]) + bytes((protocol_level, flags))
    body += _u16(packet.keepalive) + _text(client_id)
    body += b"" if username is None else _text(username)
    return _frame(0x10, body if secret is None else body + _binary(secret))


def subscribe(packet_id: int, filters: Sequence[tuple[str, int]]) -> bytes:
    """`filters` are pairs of a topic filter and the QoS asked for."""
    packet = Subscribe(packet_id, tuple(filters))
    body = b"".join(_text(topic_filter) + bytes((qos,)) for topic_filter, qos in packet.filters)
    return _frame(0x82, _u16(packet.packet_id) + body)


def unsubscribe(packet_id: int, filters: Sequence[str]) -> bytes:
    """Ends subscriptions, by the filters they were made with."""
    packet = Unsubscribe(packet_id, tuple(filters))
    return _frame(0xA2, _u16(packet.packet_id) + b"".join(map(_text, packet.filters)))


def _frame(first: int, body: bytes) -> bytes:
    if len(body) > _MAX_LENGTH:
        raise ValueError("packet too long")
    length, size = bytearray(), len(body)
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes((first, *length, size)) + body


def _u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def _binary(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _text(text: str) -> bytes:
    return _binary(text.encode())
