"""Bytes to packets: MQTT 3.1 and 3.1.1, for either side of a connection."""

from protocol.bodies import CONNACK, CONNECT, FLAGS, FROM_CLIENT, FROM_SERVER, PUBLISH, Body
from protocol.packets import CONNACK_IDENTIFIER, MAX_PAYLOAD, Packet, ProtocolError

# Bytes behind the fixed header. A registration's CONNECT has about 200.
LIMIT_UNAUTHENTICATED = 8 * 1024
# A full payload, a topic of 128 bytes with its length, and a packet id.
LIMIT_AUTHENTICATED = MAX_PAYLOAD + 2 + 128 + 2
# Of packets that carry no payload: as many filters as a device may have, of 128 bytes each.
LIMIT_WITHOUT_PAYLOAD = 16 * 1024

# A fixed header: packet type and flags, where the body starts, and where it ends.
_Frame = tuple[int, int, int, int]


class Decoder:
    """Collects bytes and hands out complete packets, one at a time.

    The first packet must be CONNECT, and the only one (of a server, CONNACK). A packet's type,
    flags and length are judged as soon as its fixed header is there, so that never more than
    `limit` bytes of it are collected; raise `limit` once the device is authenticated.
    """

    __slots__ = ("_at", "_buffer", "_failed", "_needed", "_opened", "_opening", "_readers", "limit")

    def __init__(
        self, max_packet: int = LIMIT_UNAUTHENTICATED, *, server_side: bool = True
    ) -> None:
        self.limit = max_packet
        self._readers = FROM_CLIENT if server_side else FROM_SERVER
        self._opening = CONNECT if server_side else CONNACK
        self._opened = False
        # Bytes that nothing is added to, where packets come whole as they mostly do.
        self._buffer: bytes | bytearray = b""
        self._at = 0  # where the next packet begins
        self._needed = 2  # bytes of it before looking at them again is of any use
        self._failed = False

    @property
    def more(self) -> bool:
        """Whether `next` may have another packet, or an error, without further bytes."""
        return len(self._buffer) - self._at >= self._needed

    def feed(self, data: bytes) -> list[Packet]:
        """The packets completed by `data`. After a ProtocolError every call raises another."""
        self.add(data)
        packets: list[Packet] = []
        try:
            while (packet := self.next()) is not None:
                packets.append(packet)
        except ProtocolError as error:
            error.packets = tuple(packets)
            raise
        return packets

    def add(self, data: bytes) -> None:
        """Raises ProtocolError after another one."""
        if self._failed:
            raise ProtocolError("bytes after a protocol error")
        if self._at == len(self._buffer):
            self._buffer, self._at = data, 0
            return
        self._drop_taken()
        if not isinstance(self._buffer, bytearray):
            self._buffer = bytearray(self._buffer)
        self._buffer += data

    def next(self) -> Packet | None:
        """None while the next packet is incomplete."""
        if not self.more:
            self._drop_taken()
            return None
        try:
            return self._next()
        except ProtocolError:
            self._failed = True
            self._buffer, self._at, self._needed = b"", 0, 2
            raise

    def _drop_taken(self) -> None:
        """Once per feed: a bytearray drops its front without copying, bytes are copied."""
        if isinstance(self._buffer, bytearray):
            del self._buffer[: self._at]
        elif self._at:
            self._buffer = self._buffer[self._at :]
        self._at = 0

    def _next(self) -> Packet | None:
        buffer, start = self._buffer, self._at
        frame = self._frame(start)
        # Without its end, one byte more may complete the header.
        kind, flags, begin, end = frame or (0, 0, 0, len(buffer) + 1)
        if end > len(buffer):
            # Fed byte by byte, a long packet is not looked at again before it is complete.
            self._needed = end - start
            self._drop_taken()
            return None
        body = Body(bytes(buffer[begin:end]))
        packet = self._readers[kind](flags, body)
        body.end()
        self._opened = True
        self._at, self._needed = end, 2
        if end == len(buffer):
            self._buffer, self._at = b"", 0
        return packet

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
            raise ProtocolError("second CONNECT" if self._opened else "first packet is not CONNECT")
        if kind not in self._readers:
            raise ProtocolError(f"packet type {kind} is not supported here")
        if kind == PUBLISH:
            if flags & 0b0100:
                raise ProtocolError("QoS 2 is not supported")
        elif flags != FLAGS.get(kind, 0):
            raise ProtocolError(f"reserved flags in packet type {kind}")

    def _check_length(self, kind: int, length: int) -> None:
        limit = self.limit if kind == PUBLISH else min(self.limit, LIMIT_WITHOUT_PAYLOAD)
        if length > limit:
            connack = CONNACK_IDENTIFIER if kind == CONNECT else None
            raise ProtocolError(f"packet is larger than {limit} bytes", connack)
