"""The receiving half of a connection: bytes in, packets out, one at a time."""

from protocol import mqtt

# Bytes of the CONNECT, and of all that is sent before it is answered.
MAX_EARLY = 2 * mqtt.LIMIT_UNAUTHENTICATED


class Intake:
    """Reader of packets. What comes too early stays bytes until it is its turn."""

    __slots__ = ("_decoder", "_received")

    def __init__(self) -> None:
        self._decoder = mqtt.Decoder()
        self._received = 0

    @property
    def more(self) -> bool:
        """Whether something can be taken without further bytes."""
        return self._decoder.more

    def add(self, data: bytes) -> None:
        """Raises ProtocolError after another one."""
        self._received += len(data)
        self._decoder.add(data)

    def next(self) -> mqtt.Packet | None:
        """Raises ProtocolError, after the packets before the fault."""
        return self._decoder.next()

    def check_early(self) -> None:
        """Raises ProtocolError when more came before the answer than is kept."""
        if self._received > MAX_EARLY:
            raise mqtt.ProtocolError("too much sent before CONNACK")

    def trust(self) -> None:
        """Take messages of full size from now on."""
        self._decoder.limit = mqtt.LIMIT_AUTHENTICATED
