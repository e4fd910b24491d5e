"""A small blocking MQTT client: sends what a test wants, however wrong, and reads the answers."""

import contextlib
import socket
import ssl
from types import TracebackType

from protocol import mqtt

PATIENCE = 15.0  # seconds until a test that waits for an answer fails


class MqttClient:
    """One connection to 127.0.0.1. With `tls` the server's certificate is verified."""

    def __init__(
        self, port: int, tls: ssl.SSLContext | None = None, *, source: str = "127.0.0.1"
    ) -> None:
        plain = socket.create_connection(
            ("127.0.0.1", port), timeout=PATIENCE, source_address=(source, 0)
        )
        try:
            self.socket = tls.wrap_socket(plain, server_hostname="127.0.0.1") if tls else plain
        except BaseException:
            plain.close()
            raise
        self._decoder = mqtt.Decoder(mqtt.LIMIT_AUTHENTICATED, server_side=False)
        self._received: list[mqtt.Packet] = []
        self.read = b""  # everything the server has sent

    def __enter__(self) -> "MqttClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection without DISCONNECT."""
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> mqtt.Packet | None:
        """The next packet, or None when the server has closed the connection."""
        while not self._received:
            try:
                data = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLEOFError):
                return None
            if not data:
                return None
            self.read += data
            self._received += self._decoder.feed(data)
        return self._received.pop(0)

    def connack(self) -> int:
        """The code of the CONNACK that must come next."""
        packet = self.receive()
        assert isinstance(packet, mqtt.ConnAck), packet
        return packet.code

    def push(self) -> mqtt.Publish:
        """The message that must come next."""
        packet = self.receive()
        assert isinstance(packet, mqtt.Publish), packet
        return packet

    def ask(self, data: bytes) -> mqtt.Packet | None:
        """Send, and the answer."""
        self.send(data)
        return self.receive()

    def is_closed(self) -> bool:
        """Waits for the server to close; anything it still sends makes this false."""
        return self.receive() is None

    def leave(self) -> None:
        """Say goodbye and close."""
        with contextlib.suppress(OSError):
            self.send(mqtt.DISCONNECT)
        self.close()
