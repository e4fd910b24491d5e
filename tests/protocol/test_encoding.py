"""Packets to bytes: exact bytes where devices depend on them, and the way there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import mqtt

from . import wire

IDS = st.integers(1, 65535)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
TOPIC_NAMES = TEXTS.filter(lambda t: bool(t) and "+" not in t and "#" not in t)


def test_connack_is_four_bytes_with_remaining_length_2() -> None:
    assert mqtt.connack(0) == b"\x20\x02\x00\x00"
    assert mqtt.connack(0, session_present=True) == b"\x20\x02\x01\x00"
    assert mqtt.connack(mqtt.CONNACK_CREDENTIALS) == b"\x20\x02\x00\x04"


def test_fixed_packets_are_exact() -> None:
    assert mqtt.PINGREQ == b"\xc0\x00"
    assert mqtt.PINGRESP == b"\xd0\x00"
    assert mqtt.DISCONNECT == b"\xe0\x00"
    assert mqtt.puback(1) == b"\x40\x02\x00\x01"
    assert mqtt.unsuback(258) == b"\xb0\x02\x01\x02"
    assert mqtt.suback(1, [1, mqtt.SUBACK_REFUSED]) == b"\x90\x04\x00\x01\x01\x80"


def test_publish_is_exact() -> None:
    assert mqtt.publish("/ext/x", b"{}") == b"\x30\x0a\x00\x06/ext/x{}"
    assert mqtt.publish("t", b"x", 1, 5) == b"\x32\x06\x00\x01t\x00\x05x"
    assert mqtt.publish("t", b"", 1, 5, dup=True, retain=True)[:1] == b"\x3b"


@pytest.mark.parametrize("vector", [v for v in wire.CONNECTS if "connect_flags" in v["connect"]])
def test_connect_has_the_flags_of_the_captured_one(vector: dict[str, dict[str, str]]) -> None:
    fields = vector["connect"]
    flags = int(fields["connect_flags"], 16)
    data = mqtt.connect(
        fields["clientId"],
        fields["username"],
        fields["password"],
        int(fields["keepalive"]),
        clean_session=bool(flags & 2),
    )
    at = data.index(b"MQTT") + 4
    assert data[at : at + 2] == bytes((4, flags))
    (packet,) = mqtt.Decoder().feed(data)
    assert isinstance(packet, mqtt.Connect)
    assert packet.keepalive == int(fields["keepalive"])
    assert packet.clean_session is bool(flags & 2)


@given(
    st.sampled_from([mqtt.LEVEL_31, mqtt.LEVEL_311]),
    TEXTS,
    st.none() | TEXTS,
    st.none() | st.binary(max_size=300),
    st.integers(0, 65535),
    st.booleans(),
)
def test_connect_there_and_back(
    level: int,
    client_id: str,
    username: str | None,
    password: bytes | None,
    alive: int,
    clean: bool,
) -> None:
    packet = mqtt.Connect(
        level,
        client_id,
        username,
        None if username is None else password,
        alive,
        clean or not client_id,
    )
    data = mqtt.connect(
        packet.client_id,
        packet.username,
        packet.password,
        packet.keepalive,
        packet.clean_session,
        packet.protocol_level,
    )
    assert wire.fed_bytewise(data) == [packet]


@given(TOPIC_NAMES, st.binary(max_size=400), st.none() | IDS, st.booleans(), st.booleans())
def test_publish_there_and_back(
    topic: str, payload: bytes, packet_id: int | None, dup: bool, retain: bool
) -> None:
    qos = int(packet_id is not None)
    dup = dup and bool(qos)
    data = mqtt.publish(topic, payload, qos, packet_id, dup=dup, retain=retain)
    expected = [mqtt.Publish(topic, payload, qos, packet_id, dup, retain)]
    assert wire.fed_bytewise(data, wire.connected()) == expected
    assert wire.fed_bytewise(data, wire.connected(server_side=False)) == expected


@given(IDS, st.lists(st.tuples(TEXTS, st.integers(0, 2)), min_size=1, max_size=9))
def test_subscribe_and_unsubscribe_there_and_back(
    packet_id: int, filters: list[tuple[str, int]]
) -> None:
    names = [name for name, _ in filters]
    data = mqtt.subscribe(packet_id, filters) + mqtt.unsubscribe(packet_id, names)
    assert wire.fed_bytewise(data, wire.connected()) == [
        mqtt.Subscribe(packet_id, tuple(filters)),
        mqtt.Unsubscribe(packet_id, tuple(names)),
    ]


@given(IDS, st.lists(st.sampled_from([0, 1, 2, 0x80]), min_size=1, max_size=200))
def test_acknowledgements_there_and_back(packet_id: int, codes: list[int]) -> None:
    data = mqtt.puback(packet_id) + mqtt.suback(packet_id, codes) + mqtt.unsuback(packet_id)
    assert wire.fed_whole(data + mqtt.PINGRESP, wire.connected(server_side=False)) == [
        mqtt.PubAck(packet_id),
        mqtt.SubAck(packet_id, tuple(codes)),
        mqtt.UnsubAck(packet_id),
        mqtt.PingResp(),
    ]


@given(st.integers(0, 5))
def test_connack_there_and_back(code: int) -> None:
    (packet,) = mqtt.Decoder(server_side=False).feed(mqtt.connack(code))
    assert packet == mqtt.ConnAck(code)


@pytest.mark.parametrize("size", [0, 122, 123, 16_378, 16_379, mqtt.MAX_PAYLOAD])
def test_length_fields_of_one_to_three_bytes_there_and_back(size: int) -> None:
    data = mqtt.publish("abc", bytes(size))
    (packet,) = wire.connected().feed(data)
    assert packet == mqtt.Publish("abc", bytes(size))


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(ValueError, match="session"):
        mqtt.connack(5, session_present=True)
    with pytest.raises(ValueError, match="username"):
        mqtt.connect("c", None, "password")
    with pytest.raises(mqtt.ProtocolError, match="packet id"):
        mqtt.publish("t", b"", 1)
    with pytest.raises(mqtt.ProtocolError, match="packet id"):
        mqtt.publish("t", b"", 0, 1)
    with pytest.raises(mqtt.ProtocolError, match="QoS"):
        mqtt.publish("t", b"", 2, 1)
    with pytest.raises(mqtt.ProtocolError, match="packet id"):
        mqtt.puback(0)
    with pytest.raises(mqtt.ProtocolError, match="level"):
        mqtt.connect("c", protocol_level=5)
    with pytest.raises(mqtt.ProtocolError, match="keepalive"):
        mqtt.connect("c", keepalive=65536)


def test_repr_hides_password_and_payload() -> None:
    (packet,) = mqtt.Decoder().feed(mqtt.connect("c", "u", "s3cret"))
    assert "s3cret" not in repr(packet)
    assert "s3cret" not in repr(mqtt.Publish("t", b"s3cret"))
