"""Bytes to packets: every kind, every way to be malformed, limits, and any bytes at all."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, fields
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import mqtt
from protocol.decoding import Decoder

from . import wire


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


def frame(first: int, body: bytes = b"") -> bytes:
    assert len(body) < 128
    return bytes((first, len(body))) + body


def connect(
    flags: int = 0x02,
    payload: bytes = text("c"),
    *,
    name: str = "MQTT",
    level: int = 4,
    first: int = 0x10,
) -> bytes:
    return frame(first, text(name) + bytes((level, flags)) + b"\x00\x3c" + payload)


def refused(data: bytes, decoder: Decoder | None = None) -> mqtt.ProtocolError:
    with pytest.raises(mqtt.ProtocolError) as caught:
        (decoder or mqtt.Decoder()).feed(data)
    return caught.value


CLIENT_PACKETS: list[tuple[bytes, mqtt.Packet]] = [
    (frame(0x30, text("t") + b"x"), mqtt.Publish("t", b"x")),
    (frame(0x31, text("t")), mqtt.Publish("t", b"", retain=True)),
    (frame(0x32, text("t") + b"\x00\x07x"), mqtt.Publish("t", b"x", 1, 7)),
    (frame(0x3B, text("t") + b"\xff\xff"), mqtt.Publish("t", b"", 1, 65535, True, True)),
    (frame(0x40, b"\x00\x01"), mqtt.PubAck(1)),
    (
        frame(0x82, b"\x00\x02" + text("a") + b"\x00" + text("b/#") + b"\x02"),
        mqtt.Subscribe(2, (("a", 0), ("b/#", 2))),
    ),
    (frame(0xA2, b"\x00\x03" + text("a") + text("")), mqtt.Unsubscribe(3, ("a", ""))),
    (frame(0xC0), mqtt.PingReq()),
    (frame(0xE0), mqtt.Disconnect()),
]
SERVER_PACKETS: list[tuple[bytes, mqtt.Packet]] = [
    CLIENT_PACKETS[0],
    CLIENT_PACKETS[2],
    CLIENT_PACKETS[4],
    (frame(0x90, b"\x00\x02\x01\x80"), mqtt.SubAck(2, (1, 0x80))),
    (frame(0xB0, b"\x00\x03"), mqtt.UnsubAck(3)),
    (frame(0xD0), mqtt.PingResp()),
]


@pytest.mark.parametrize(("data", "packet"), CLIENT_PACKETS)
def test_client_packet_is_read_whole_and_byte_by_byte(data: bytes, packet: mqtt.Packet) -> None:
    assert wire.fed_whole(data, wire.connected()) == [packet]
    assert wire.fed_bytewise(data, wire.connected()) == [packet]


@pytest.mark.parametrize(("data", "packet"), SERVER_PACKETS)
def test_server_packet_is_read_whole_and_byte_by_byte(data: bytes, packet: mqtt.Packet) -> None:
    assert wire.fed_whole(data, wire.connected(server_side=False)) == [packet]
    assert wire.fed_bytewise(data, wire.connected(server_side=False)) == [packet]


@pytest.mark.parametrize(
    ("packet", "field"),
    [(p, fields(p)[0].name) for _, p in [*CLIENT_PACKETS, *SERVER_PACKETS] if fields(p)],
)
def test_packets_cannot_be_changed(packet: mqtt.Packet, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(packet, field, 1)


def test_packets_arriving_together_come_out_in_order() -> None:
    data = b"".join(data for data, _ in CLIENT_PACKETS)
    packets = [packet for _, packet in CLIENT_PACKETS]
    assert wire.fed_whole(data, wire.connected()) == packets
    assert wire.fed_bytewise(data, wire.connected()) == packets


@pytest.mark.parametrize(("name", "level"), [("MQIsdp", 3), ("MQTT", 4)])
def test_connect_of_both_versions_is_read(name: str, level: int) -> None:
    data = connect(0xC2, text("c") + text("u") + text(b"\xff\x00"), name=name, level=level)
    (packet,) = mqtt.Decoder().feed(data)
    assert packet == mqtt.Connect(level, "c", "u", b"\xff\x00", 60, True)


def test_connect_without_credentials_or_clean_session_is_read() -> None:
    assert mqtt.Decoder().feed(connect(0x00)) == [mqtt.Connect(4, "c", None, None, 60, False)]
    assert mqtt.Decoder().feed(connect(0x82, text("c") + text("u"))) == [
        mqtt.Connect(4, "c", "u", None, 60, True)
    ]


@pytest.mark.parametrize("flags", [0x06, 0x0E, 0x16, 0x36])
def test_will_is_read_and_dropped(flags: int) -> None:
    payload = text("c") + text("will/topic") + text(b"\xff") + text("u") + text(b"p")
    (packet,) = mqtt.Decoder().feed(connect(flags | 0xC0, payload))
    assert packet == mqtt.Connect(4, "c", "u", b"p", 60, True)


@pytest.mark.parametrize(
    ("name", "level"), [("MQTT", 3), ("MQTT", 5), ("MQIsdp", 4), ("MQTT", 0x84), ("AMQP", 4)]
)
def test_other_protocol_or_level_is_answered_with_1(name: str, level: int) -> None:
    assert refused(connect(name=name, level=level)).connack == 1


@pytest.mark.parametrize(
    ("flags", "payload"),
    [
        (0x02, text(b"\xff\xfe")),
        (0x02, text(b"\xed\xa0\x80")),
        (0x02, text("a\0b")),
        (0x02, b"\x00\x09short"),
        (0x02, b""),
        (0x00, text("")),
    ],
)
def test_bad_client_id_is_answered_with_2(flags: int, payload: bytes) -> None:
    assert refused(connect(flags, payload)).connack == 2


@pytest.mark.parametrize(
    ("flags", "payload"),
    [
        (0x82, text("c") + text(b"\xc0\x80")),
        (0x82, text("c") + text("a\0b")),
        (0x82, text("c")),
        (0xC2, text("c") + text("u")),
        (0xC2, text("c") + text("u") + b"\x00\x05pass"),
        (0x42, text("c") + text("p")),
    ],
)
def test_bad_username_or_password_is_answered_with_4(flags: int, payload: bytes) -> None:
    assert refused(connect(flags, payload)).connack == 4


@pytest.mark.parametrize(
    "data",
    [
        connect(0x03),
        connect(0x0A),
        connect(0x22),
        connect(0x1E, text("c") + text("t") + text("m")),
        connect(0x06, text("c")),
        connect(0x02, text("c") + b"x"),
        connect(first=0x11),
        frame(0x10, b"\x00\x04MQ"),
        frame(0x10),
    ],
)
def test_other_malformed_connect_is_closed_without_an_answer(data: bytes) -> None:
    assert refused(data).connack is None


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", b"\x00\x00"])
def test_what_does_not_start_with_connect_is_refused(data: bytes) -> None:
    assert refused(data).connack is None


@pytest.mark.parametrize(("data", "_packet"), CLIENT_PACKETS)
def test_first_packet_must_be_connect(data: bytes, _packet: mqtt.Packet) -> None:
    assert "first packet" in refused(data).problem


def test_second_connect_is_refused() -> None:
    assert refused(connect(), wire.connected()).problem == "second CONNECT"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (frame(0x34, text("t") + b"\x00\x01"), "QoS 2"),
        (frame(0x36, text("t") + b"\x00\x01"), "QoS 2"),
        (frame(0x38, text("t")), "DUP"),
        (frame(0x32, text("t") + b"\x00\x00"), "packet id"),
        (frame(0x32, text("t")), "ends early"),
        (frame(0x30, b"\x00\x05t"), "ends early"),
        (frame(0x30, text("")), "empty topic"),
        (frame(0x30, text("a/+")), "wildcard"),
        (frame(0x30, text("a/#")), "wildcard"),
        (frame(0x30, text(b"\xff")), "UTF-8"),
        (frame(0x30, text("a\0")), "NUL"),
        (frame(0x40, b"\x00\x00"), "packet id"),
        (frame(0x40, b"\x00"), "ends early"),
        (frame(0x40, b"\x00\x01\x00"), "after the end"),
        (frame(0x41, b"\x00\x01"), "reserved flags"),
        (frame(0x50, b"\x00\x01"), "type 5"),
        (frame(0x62, b"\x00\x01"), "type 6"),
        (frame(0x70, b"\x00\x01"), "type 7"),
        (frame(0x20, b"\x00\x00"), "type 2"),
        (frame(0x90, b"\x00\x01\x00"), "type 9"),
        (frame(0xB0, b"\x00\x01"), "type 11"),
        (frame(0xD0), "type 13"),
        (frame(0x00), "type 0"),
        (frame(0xF0), "type 15"),
        (frame(0x80, b"\x00\x01" + text("a") + b"\x00"), "reserved flags"),
        (frame(0x82, b"\x00\x01"), "without a filter"),
        (frame(0x82, b"\x00\x00" + text("a") + b"\x00"), "packet id"),
        (frame(0x82, b"\x00\x01" + text("a") + b"\x03"), "QoS"),
        (frame(0x82, b"\x00\x01" + text("a") + b"\x80"), "QoS"),
        (frame(0x82, b"\x00\x01" + text("a")), "ends early"),
        (frame(0xA0, b"\x00\x01" + text("a")), "reserved flags"),
        (frame(0xA2, b"\x00\x01"), "without a filter"),
        (frame(0xA2, b"\x00\x00" + text("a")), "packet id"),
        (frame(0xC0, b"x"), "after the end"),
        (frame(0xC1), "reserved flags"),
        (frame(0xE0, b"x"), "after the end"),
        (b"\xc0\x80\x80\x80\x80", "four bytes"),
    ],
)
def test_malformed_packet_is_a_protocol_error(data: bytes, problem: str) -> None:
    error = refused(data, wire.connected())
    assert problem in error.problem
    assert error.connack is None
    with pytest.raises(mqtt.ProtocolError):
        wire.fed_bytewise(data, wire.connected())


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (frame(0x20, b"\x02\x00"), "reserved flags"),
        (frame(0x20, b"\x00\x06"), "CONNACK code"),
        (frame(0x20, b"\x00"), "ends early"),
        (frame(0x30, text("t")), "first packet"),
        (connect(), "first packet"),
    ],
)
def test_malformed_answer_of_a_server_is_a_protocol_error(data: bytes, problem: str) -> None:
    assert problem in refused(data, mqtt.Decoder(server_side=False)).problem


@pytest.mark.parametrize("data", [frame(0x90, b"\x00\x01"), frame(0x90, b"\x00\x01\x03")])
def test_malformed_suback_is_a_protocol_error(data: bytes) -> None:
    assert "SUBACK" in refused(data, wire.connected(server_side=False)).problem


def test_packets_in_front_of_an_error_are_kept() -> None:
    error = refused(frame(0xC0) + frame(0x40, b"\x00\x05") + b"\xff\xff", wire.connected())
    assert error.packets == (mqtt.PingReq(), mqtt.PubAck(5))


def test_nothing_is_read_after_an_error() -> None:
    decoder = wire.connected()
    refused(b"\xff\xff", decoder)
    refused(frame(0xC0), decoder)
    refused(b"", decoder)


def test_length_over_the_limit_is_refused_at_the_header() -> None:
    decoder = mqtt.Decoder(200)
    assert decoder.feed(b"\x10\xc9") == []
    error = refused(b"\x01", decoder)
    assert error.problem == "packet is larger than 200 bytes"
    assert error.connack == 2
    assert mqtt.Decoder(200).feed(b"\x10\xc8\x01") == []


def test_limits_are_those_of_the_platform() -> None:
    assert mqtt.LIMIT_UNAUTHENTICATED == 8 * 1024
    assert mqtt.MAX_PAYLOAD == 256 * 1024
    assert mqtt.Decoder().limit == mqtt.LIMIT_UNAUTHENTICATED
    largest = mqtt.publish("t" * 128, bytes(mqtt.MAX_PAYLOAD), 1, 1)
    assert len(largest) - 4 == mqtt.LIMIT_AUTHENTICATED


def test_limit_is_raised_after_authentication() -> None:
    decoder = wire.connected(limit=mqtt.LIMIT_UNAUTHENTICATED)
    large = mqtt.publish("t" * 128, bytes(mqtt.MAX_PAYLOAD), 1, 1)
    decoder.limit = mqtt.LIMIT_AUTHENTICATED
    (packet,) = decoder.feed(large)
    assert isinstance(packet, mqtt.Publish)
    assert len(packet.payload) == mqtt.MAX_PAYLOAD
    assert refused(large, wire.connected(limit=mqtt.LIMIT_UNAUTHENTICATED)).connack is None


def test_payload_has_a_limit_of_its_own() -> None:
    body = text("t") + bytes(mqtt.MAX_PAYLOAD + 1)
    data = b"\x30\x84\x80\x10" + body
    assert len(body) == 4 + (16 << 14)
    assert "payload" in refused(data, wire.connected()).problem


class CountingDecoder(Decoder):
    """Counts how often a fixed header is looked at."""

    looks = 0

    def _frame(self, start: int):  # type: ignore[no-untyped-def]
        self.looks += 1
        return super()._frame(start)


def test_long_packet_fed_byte_by_byte_is_not_looked_at_for_every_byte() -> None:
    decoder = CountingDecoder(mqtt.LIMIT_AUTHENTICATED)
    decoder.feed(connect())
    decoder.looks = 0
    (packet,) = wire.fed_bytewise(mqtt.publish("t", bytes(20_000)), decoder)
    assert isinstance(packet, mqtt.Publish)
    # Once per byte of the header from its second, and once when all is there.
    assert decoder.looks == 4


def subscribe_of(number: int) -> bytes:
    return mqtt.subscribe(1, [("a", 0)] * number)


@pytest.mark.parametrize("made", [subscribe_of, lambda n: mqtt.unsubscribe(1, ["a"] * n)])
def test_a_packet_has_at_most_as_many_filters_as_a_device(made: Callable[[int], bytes]) -> None:
    (packet,) = wire.connected().feed(made(100))
    assert isinstance(packet, mqtt.Subscribe | mqtt.Unsubscribe)
    assert len(packet.filters) == 100
    with pytest.raises(mqtt.ProtocolError, match="more than 100 filters"):
        wire.connected().feed(made(101))


@pytest.mark.parametrize("kind", [0x82, 0xA2, 0x40, 0xC0, 0xE0])
def test_what_carries_no_payload_is_refused_by_its_length_alone(kind: int) -> None:
    """At the fixed header, before any of it is collected."""
    decoder = wire.connected()
    decoder.limit = mqtt.LIMIT_AUTHENTICATED
    with pytest.raises(mqtt.ProtocolError, match="packet is larger than 16384 bytes"):
        decoder.feed(bytes((kind, 0x81, 0x80, 0x01)))


def test_packets_are_made_one_at_a_time() -> None:
    decoder = wire.connected()
    decoder.add(mqtt.PINGREQ * 3 + b"\xc0")
    assert decoder.more
    for _ in range(3):
        assert decoder.next() == mqtt.PingReq()
    assert decoder.next() is None
    decoder.add(b"\x00\xf0\x00")
    assert decoder.next() == mqtt.PingReq()
    with pytest.raises(mqtt.ProtocolError):
        decoder.next()
    assert decoder.next() is None
    with pytest.raises(mqtt.ProtocolError):
        decoder.add(b"")


def test_taken_packets_leave_no_bytes_behind() -> None:
    decoder = wire.connected()
    for _ in range(100):
        decoder.feed(mqtt.publish("t", bytes(1000)) + b"\xc0")
        assert len(decoder._buffer) == 1
        decoder.feed(b"\x00")
        assert len(decoder._buffer) == 0


def outcome(chunks: Sequence[bytes], decoder: Decoder) -> tuple[list[mqtt.Packet], str | None]:
    """All packets, and the problem that ended the stream, if one did."""
    packets: list[mqtt.Packet] = []
    for chunk in chunks:
        try:
            packets += decoder.feed(chunk)
        except mqtt.ProtocolError as error:
            return [*packets, *error.packets], error.problem
    return packets, None


def chunked(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(edges)]


VALID = [connect(0xC2, text("c|a=1|") + text("u") + text("p")), *(d for d, _ in CLIENT_PACKETS)]
NOISE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(VALID),
    st.builds(
        lambda data, at, bit: bytes(
            byte ^ (1 << bit if i == at % len(data) else 0) for i, byte in enumerate(data)
        ),
        st.sampled_from(VALID),
        st.integers(0, 99),
        st.integers(0, 7),
    ),
    st.builds(lambda data, end: data[:end], st.sampled_from(VALID), st.integers(0, 30)),
)
STREAMS = st.builds(
    lambda head, parts: b"".join((head, *parts)),
    st.sampled_from([b"", VALID[0], mqtt.connack(0)]),
    st.lists(NOISE, max_size=6),
)


@given(STREAMS, st.lists(st.integers(0, 400), max_size=12), st.booleans())
def test_any_bytes_in_any_chunks_give_the_same_packets_or_protocol_error(
    data: bytes, cuts: list[int], server_side: bool
) -> None:
    whole = outcome([data], mqtt.Decoder(64, server_side=server_side))
    pieces = outcome(chunked(data, cuts), mqtt.Decoder(64, server_side=server_side))
    single = outcome(chunked(data, range(len(data))), mqtt.Decoder(64, server_side=server_side))
    assert whole == pieces == single


@given(STREAMS)
def test_never_more_than_a_packet_at_the_limit_is_collected(data: bytes) -> None:
    decoder = mqtt.Decoder(64)
    for byte in data:
        outcome([bytes((byte,))], decoder)
        assert len(decoder._buffer) <= 5 + 64
