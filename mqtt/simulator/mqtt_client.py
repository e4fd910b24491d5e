"""One MQTT connection of a simulated device, over TLS, driven by its own thread.

paho-mqtt does the protocol; reconnecting is left to the device, which must not register twice
because its library reconnected (protocol.md 1.5).
"""

import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from mqtt.simulator.firmware import Login

KEEPALIVE_SECONDS = 60
CONNECT_SECONDS = 10.0
_TICK_SECONDS = 0.2
# paho tells a CONNACK code in MQTT 5's numbers.
_CONNACK = {0x85: 2, 0x88: 3, 0x86: 4, 0x87: 5}
_UNKNOWN_CONNACK = 6  # the first that MQTT 3.1.1 does not define


class LinkError(Exception):
    """There is no connection; the text says why."""


class UnreachableError(LinkError):
    """No TLS connection came about."""


class LostError(LinkError):
    """The connection ended without our doing."""


class RefusedError(LinkError):
    """The server answered the CONNECT with a CONNACK code other than 0."""

    def __init__(self, connack: int) -> None:
        super().__init__(f"CONNACK {connack}")
        self.connack = connack


@dataclass(frozen=True, slots=True)
class Server:
    """Where devices connect, and the CA certificate they verify it with."""

    host: str
    port: int
    ca_file: Path

    def tls_context(self) -> ssl.SSLContext:
        """Raises LinkError when the CA file is of no use."""
        try:
            return ssl.create_default_context(cafile=str(self.ca_file))
        except (OSError, ssl.SSLError) as error:
            raise LinkError(f"{self.ca_file} is not a CA certificate in PEM form") from error


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes


class Link:
    """Open it, then `poll` it again and again: nothing happens between two polls."""

    def __init__(self, server: Server, login: Login) -> None:
        self._server = server
        self._connack: int | None = None
        self._acknowledged: set[int] = set()
        self._inbox: list[Message] = []
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=login.client_id, reconnect_on_failure=False
        )
        client.username_pw_set(login.username, login.password)
        client.tls_set_context(server.tls_context())
        client.connect_timeout = CONNECT_SECONDS
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        self._client = client

    def open(self) -> None:
        """Returns once the server has accepted the CONNECT; raises LinkError."""
        try:
            self._client.connect(self._server.host, self._server.port, KEEPALIVE_SECONDS)
        except OSError as error:
            raise UnreachableError(_explain(error, self._server)) from error
        deadline = time.monotonic() + CONNECT_SECONDS
        while self._connack is None:
            if time.monotonic() > deadline:
                self.close()
                raise LostError("the server did not answer the CONNECT")
            self.poll(_TICK_SECONDS)
        if self._connack:
            raise RefusedError(self._connack)

    def poll(self, seconds: float) -> None:
        """Let the network work for up to `seconds`; raises LostError when it has gone."""
        outcome = self._client.loop(timeout=seconds)
        # paho keeps CONNACK 1 to itself.
        if outcome == MQTTErrorCode.MQTT_ERR_PROTOCOL and self._connack is None:
            raise LostError("the server does not speak MQTT 3.1.1")
        if outcome != MQTTErrorCode.MQTT_ERR_SUCCESS and not self._connack:
            raise LostError("the server closed the connection")

    def publish(self, topic: str, payload: str, *, qos: int = 1) -> int:
        """Returns the packet id, with which `acknowledged` can be asked."""
        return self._client.publish(topic, payload, qos=qos).mid

    def take(self) -> list[Message]:
        """The messages that came since it was last called."""
        messages, self._inbox = self._inbox, []
        return messages

    def acknowledged(self, packet_id: int) -> bool:
        return packet_id in self._acknowledged

    def subscribe(self, *topics: str) -> None:
        for topic in topics:
            self._client.subscribe(topic, qos=1)

    def close(self) -> None:
        """Say DISCONNECT and hang up. Safe to repeat."""
        self._client.disconnect()

    def _on_connect(
        self, client: Client, userdata: Any, flags: Any, reason: ReasonCode, properties: Any
    ) -> None:
        refused = _CONNACK.get(reason.value, _UNKNOWN_CONNACK)
        self._connack = refused if reason.is_failure else 0

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        self._inbox.append(Message(message.topic, bytes(message.payload)))

    def _on_publish(
        self, client: Client, userdata: Any, mid: int, reason: ReasonCode, properties: Any
    ) -> None:
        self._acknowledged.add(mid)


def _explain(error: OSError, server: Server) -> str:
    place = f"{server.host}:{server.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {place} does not verify with {server.ca_file.name}: "
            f"{error.verify_message.rstrip('.')}"
        )
    if isinstance(error, ssl.SSLError):
        return f"no TLS with {place} ({error.reason}); is it the TLS port?"
    if isinstance(error, socket.gaierror):
        return f"the host name {server.host} is not known"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens on {place}"
    if isinstance(error, TimeoutError):
        return f"{place} does not answer"
    return f"no connection to {place}: {error.strerror or error}"
