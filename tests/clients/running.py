"""A listener on an event loop of its own, in a thread of the test's process."""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from mqtt.listener.server import Endpoint, Listener
from tests.clients.mqtt import PATIENCE, MqttClient

T = TypeVar("T")
StartListener = Callable[..., "RunningListener"]


class RunningListener:
    """`start`, then `stop`; between them clients connect over TLS or plainly."""

    listener: Listener

    def __init__(self, pki: ssl.SSLContext, ca: Path, directory: Path) -> None:
        self._server_tls = pki
        self.client_tls = ssl.create_default_context(cafile=ca)
        self._directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._clients: list[MqttClient] = []

    def start(self) -> None:
        self._thread.start()
        endpoints = [
            Endpoint("127.0.0.1", 0, "MQTTS_PORT", self._server_tls),
            Endpoint(
                "127.0.0.1",
                0,
                "MQTT_PORT",
                behind_tls=settings.MQTT_BEHIND_TLS_PROXY,
                proxies=settings.MQTT_PROXY_NETWORKS if settings.MQTT_PROXY_PROTOCOL else None,
            ),
        ]
        try:
            self.listener = self.run(Listener.open(endpoints, self._directory))
        except BaseException:
            self._end_thread()
            raise

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.run(self.listener.stop())
        self._end_thread()

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def port(self) -> int:
        return self.listener.ports[0]

    @property
    def plain_port(self) -> int:
        return self.listener.ports[1]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the listener's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def do(self, call: Callable[[], T]) -> T:
        """Run a function on the listener's loop."""

        async def called() -> T:
            return call()

        return self.run(called())

    def client(self, *, tls: bool = True) -> MqttClient:
        """A connection that the end of the test closes."""
        client = MqttClient(self.port if tls else self.plain_port, self.client_tls if tls else None)
        self._clients.append(client)
        return client

    def attempt(self, connect: bytes, *, tls: bool = True) -> int:
        """Send a CONNECT; the code of the answer. A refused connection must be closed then."""
        with self.client(tls=tls) as client:
            client.send(connect)
            code = client.connack()
            assert code == 0 or client.is_closed()
            return code

    def online(self, connect: bytes, *, tls: bool = False) -> MqttClient:
        """A client whose CONNECT was accepted."""
        client = self.client(tls=tls)
        client.send(connect)
        assert client.connack() == 0
        return client


def eventually(condition: Callable[[], bool], within: float = PATIENCE) -> bool:
    """Whether it comes to hold in time."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
