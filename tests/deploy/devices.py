"""Units in the field: real clients (paho-mqtt) that reach the site through its proxy."""

import queue
import ssl
import threading
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from mqtt.simulator.firmware import (
    Credential,
    Firmware,
    Login,
    connection_login,
    registration_login,
)
from mqtt.simulator.mqtt_client import Message
from mqtt.simulator.registering import read_push
from protocol.validators import RegistrationMode
from tests.deploy.site import Site

PATIENCE = 15.0
# What the C Link SDK's mbedTLS can do, and nothing else (engines.md 0.1).
C_SDK_SUITE = "AES128-SHA256"
# As paho tells CONNACK 2 to 5.
REFUSED = {0x85, 0x88, 0x86, 0x87}


def client_tls(site: Site, suite: str = "") -> ssl.SSLContext:
    """Verifies the server; with `suite` it offers TLS 1.2 and that one."""
    context = ssl.create_default_context(cafile=site.ca_file)
    if suite:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
    return context


class Connection:
    """One MQTT connection through the proxy, from the loopback address given."""

    def __init__(
        self,
        site: Site,
        login: Login,
        *,
        suite: str = "",
        address: str = "127.0.0.1",
        host: str = "localhost",
    ) -> None:
        self.codes: queue.Queue[int] = queue.Queue()
        self.messages: queue.Queue[Message] = queue.Queue()
        self.granted: queue.Queue[int] = queue.Queue()
        self.published: queue.Queue[int] = queue.Queue()
        self.closed = threading.Event()
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=login.client_id, reconnect_on_failure=False
        )
        client.username_pw_set(login.username, login.password)
        client.tls_set_context(client_tls(site, suite))
        client.on_connect = self._connected
        client.on_message = self._received
        client.on_subscribe = lambda _client, _data, _mid, codes, _properties: self.granted.put(
            codes[0].value
        )
        client.on_publish = lambda _client, _data, mid, _code, _properties: self.published.put(mid)
        client.on_disconnect = lambda *_: self.closed.set()
        self._client = client
        client.connect(host, site.ports["mqtts"], keepalive=60, bind_address=address)
        client.loop_start()

    def _connected(self, _client: Client, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        self.codes.put(code.value)

    def _received(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.messages.put(Message(message.topic, bytes(message.payload)))

    @property
    def is_accepted(self) -> bool:
        """True if the CONNACK accepts; false also if the connection closes without a CONNACK."""
        while not self.closed.wait(0.01):
            if not self.codes.empty():
                break
        return not self.codes.empty() and self.codes.get() == 0

    def subscribe(self, topic: str) -> None:
        self._client.subscribe(topic, qos=1)

    def publish(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, qos=1)

    def message(self) -> Message:
        return self.messages.get(timeout=PATIENCE)

    def is_closed(self) -> bool:
        """By the other side, within our patience."""
        return self.closed.wait(PATIENCE)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


Open = Callable[..., Connection]


class Unit:
    """One physical device of a product of the site."""

    def __init__(
        self,
        site: Site,
        open_connection: Open,
        device_name: str,
        mode: RegistrationMode,
        product: str = "carried",
    ) -> None:
        certificate = site.seeded[product]
        self._open = open_connection
        self.firmware = Firmware(
            certificate["product_key"], certificate["product_secret"], device_name, mode
        )
        self.credential: Credential | None = None

    @property
    def username(self) -> str:
        return self.firmware.username

    def topic(self, end: str) -> str:
        return f"/{self.firmware.topic_prefix}/{end}"

    def asks(self, **how: str) -> Connection:
        """To be registered."""
        return self._open(registration_login(self.firmware), **how)

    def register(self, **how: str) -> Credential:
        connection = self.asks(**how)
        assert connection.is_accepted
        self.credential = read_push(self.firmware.mode, connection.message())
        connection.leave()
        return self.credential

    def tries(self, **how: str) -> Connection:
        """To connect with what it was given."""
        assert self.credential is not None
        return self._open(connection_login(self.firmware, self.credential), **how)

    def connect(self, **how: str) -> Connection:
        connection = self.tries(**how)
        assert connection.is_accepted
        return connection
