"""The receiving half of a connection: bytes in, packets out, and those that come too early."""

from collections.abc import Sequence

from devices.protocol import mqtt

# Bytes of the CONNECT, and of all that is sent before it is answered.
MAX_EARLY = 2 * mqtt.LIMIT_UNAUTHENTICATED


class Intake:
    __slots__ = ("_decoder", "_early", "_received")

    def __init__(self) -> None:
        self._decoder = mqtt.Decoder()
        self._early: list[mqtt.Packet] | None = None
        self._received = 0

    def feed(self, data: bytes) -> Sequence[mqtt.Packet]:
        """Raises ProtocolError, with the packets before the fault."""
        self._received += len(data)
        return self._decoder.feed(data)

    def wait(self, packet: mqtt.Packet) -> None:
        """Keep what came before the CONNECT was answered."""
        if self._early is None:
            self._early = []
        self._early.append(packet)

    def check_early(self) -> None:
        """Raises ProtocolError when more came before the answer than is kept."""
        if self._received > MAX_EARLY:
            raise mqtt.ProtocolError("too much sent before CONNACK")

    def waited(self) -> Sequence[mqtt.Packet]:
        """What was kept, once."""
        early, self._early = self._early, None
        return early or ()

    def trust(self) -> None:
        """Take messages of full size from now on."""
        self._decoder.limit = mqtt.LIMIT_AUTHENTICATED
