"""MQTT 3.1 and 3.1.1 control packets as values that cannot be built invalid.

QoS 0 and 1 only; a will is read and dropped, because the platform has none (protocol.md 5.3).
"""

from dataclasses import dataclass, field

LEVEL_31 = 3  # MQTT 3.1, protocol name MQIsdp
LEVEL_311 = 4  # MQTT 3.1.1, protocol name MQTT
MAX_PAYLOAD = 256 * 1024  # bytes of one message
MAX_U16 = 0xFFFF
SUBACK_REFUSED = 0x80

CONNACK_ACCEPTED = 0
CONNACK_LEVEL = 1
CONNACK_IDENTIFIER = 2
CONNACK_UNAVAILABLE = 3
CONNACK_CREDENTIALS = 4
CONNACK_NOT_AUTHORISED = 5


class ProtocolError(Exception):
    """Bytes that are no MQTT we speak; the connection is to be closed.

    `problem` is fit for the log. `connack` is the code to answer with first when the error is in
    the CONNECT, or None for a plain close. `packets` are those that were complete before it.
    """

    def __init__(self, problem: str, connack: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.connack = connack
        self.packets: tuple[Packet, ...] = ()


@dataclass(frozen=True, slots=True)
class Connect:
    """`keepalive` in seconds, 0 for none."""

    protocol_level: int
    client_id: str
    username: str | None
    password: bytes | None = field(repr=False)
    keepalive: int
    clean_session: bool

    def __post_init__(self) -> None:
        _require(self.protocol_level in (LEVEL_31, LEVEL_311), "unknown protocol level")
        _require(0 <= self.keepalive <= MAX_U16, "keepalive out of range")


@dataclass(frozen=True, slots=True)
class Publish:
    """`packet_id` is 1 to 65535 at QoS 1 and None at QoS 0."""

    topic: str
    payload: bytes = field(repr=False)
    qos: int = 0
    packet_id: int | None = None
    dup: bool = False
    retain: bool = False

    def __post_init__(self) -> None:
        _require(self.qos in (0, 1), "QoS is neither 0 nor 1")
        _require((self.packet_id is None) == (self.qos == 0), "a packet id goes with QoS 1")
        _require(not (self.dup and self.qos == 0), "DUP is for QoS 1")
        _require(bool(self.topic), "empty topic")
        _require(not ("+" in self.topic or "#" in self.topic), "wildcard in a topic name")
        _require(len(self.payload) <= MAX_PAYLOAD, f"payload over {MAX_PAYLOAD} bytes")
        if self.packet_id is not None:
            _check_id(self.packet_id)


@dataclass(frozen=True, slots=True)
class PubAck:
    packet_id: int

    def __post_init__(self) -> None:
        _check_id(self.packet_id)


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`filters` are pairs of a topic filter and the QoS asked for, 0 to 2."""

    packet_id: int
    filters: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        _check_id(self.packet_id)
        _require(bool(self.filters), "SUBSCRIBE without a filter")
        _require(all(0 <= qos <= 2 for _, qos in self.filters), "reserved bits in a QoS")


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    packet_id: int
    filters: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_id(self.packet_id)
        _require(bool(self.filters), "UNSUBSCRIBE without a filter")


@dataclass(frozen=True, slots=True)
class PingReq:
    pass


@dataclass(frozen=True, slots=True)
class Disconnect:
    pass


@dataclass(frozen=True, slots=True)
class ConnAck:
    code: int
    session_present: bool = False

    def __post_init__(self) -> None:
        _require(0 <= self.code <= CONNACK_NOT_AUTHORISED, "reserved CONNACK code")


@dataclass(frozen=True, slots=True)
class SubAck:
    """`codes`, one per filter in order: the QoS granted, or 0x80."""

    packet_id: int
    codes: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_id(self.packet_id)
        _require(bool(self.codes), "SUBACK without a code")
        _require(all(code in (0, 1, 2, SUBACK_REFUSED) for code in self.codes), "SUBACK code")


@dataclass(frozen=True, slots=True)
class UnsubAck:
    packet_id: int

    def __post_init__(self) -> None:
        _check_id(self.packet_id)


@dataclass(frozen=True, slots=True)
class PingResp:
    pass


ClientPacket = Connect | Publish | PubAck | Subscribe | Unsubscribe | PingReq | Disconnect
ServerPacket = ConnAck | Publish | PubAck | SubAck | UnsubAck | PingResp
Packet = ClientPacket | ServerPacket


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise ProtocolError(problem)


def _check_id(packet_id: int) -> None:
    _require(0 < packet_id <= MAX_U16, "packet id out of range")
