"""Debian's RabbitMQ with deploy/rabbitmq, and everything of its own in one directory."""

import secrets
import shutil
from pathlib import Path
from typing import Any

import requests

from tests.clients.mqtt import MqttClient
from tests.deploy.daemons import Daemon
from tests.deploy.programs import EPMD, RABBITMQ, program
from tests.deploy.units import DEPLOY
from tests.ports import free_ports
from tests.processes import wait_for_port
from tests.rabbitmq import node_environment

FILES = DEPLOY / "rabbitmq"
USER, PASSWORD = "iotconsole", "a-password-for-the-broker"
ANSWER_SECONDS = 10


class RabbitMq:
    """`start`, and when it is over `close`. A node that was killed may be started again."""

    def __init__(self, directory: Path, webhooks: str, secret: str) -> None:
        """`webhooks` is host:port of who is asked about devices."""
        program(RABBITMQ)
        self._directory = directory
        ports = free_ports(6)
        self.mqtt_port, self.amqp_port, self.management_port, self._prometheus = ports[:4]
        self._epmd_port, self._distribution_port = ports[4:]
        self._node: Daemon | None = None
        self._write_configuration(webhooks, secret)
        epmd = [str(program(EPMD)), "-address", "127.0.0.1", "-port", str(self._epmd_port)]
        self._epmd = Daemon(epmd, self._environment(), directory / "epmd.log", directory)

    def _write_configuration(self, webhooks: str, secret: str) -> None:
        """The files of deploy/, with secret, addresses and ports of this site."""
        configuration = self._directory / "conf.d"
        (self._directory / "home").mkdir(parents=True)
        configuration.mkdir()
        shutil.copy(FILES / "10-iotconsole.conf", configuration)
        site = (FILES / "90-site.conf").read_text()
        site = site.replace("127.0.0.1:8002", webhooks).replace("SECRET/", f"{secret}/")
        site = site.replace("= PASSWORD", f"= {PASSWORD}")
        own = {
            "mqtt.listeners.tcp.1": f"127.0.0.1:{self.mqtt_port}",
            "listeners.tcp.1": f"127.0.0.1:{self.amqp_port}",
            "management.tcp.port": self.management_port,
            "prometheus.tcp.port": self._prometheus,
            # A test's disk may be nearly full.
            "disk_free_limit.absolute": "50MB",
        }
        site += "".join(f"{name} = {value}\n" for name, value in own.items())
        (configuration / "90-site.conf").write_text(site)
        for name in ("advanced.config", "enabled_plugins"):
            shutil.copy(FILES / name, self._directory)

    def _environment(self) -> dict[str, str]:
        return node_environment(
            self._directory,
            distribution_port=self._distribution_port,
            epmd_port=self._epmd_port,
        )

    def start(self) -> None:
        """At once; `wait` until it serves."""
        command = [str(program(RABBITMQ)), "-noinput"]
        log = self._directory / "node.log"
        self._node = Daemon(command, self._environment(), log, self._directory)

    def wait(self) -> None:
        assert self._node is not None
        wait_for_port(self.mqtt_port, self._node)
        wait_for_port(self.management_port, self._node)

    def kill(self) -> None:
        assert self._node is not None
        self._node.kill()

    def close(self) -> None:
        for daemon in (self._node, self._epmd):
            if daemon is not None:
                daemon.close()

    @property
    def output(self) -> str:
        assert self._node is not None
        return self._node.output

    def send(self, topic: str, payload: str) -> bool:
        """As a back end publishes to a device; whether anybody gets it."""
        message = {
            "properties": {},
            "routing_key": topic.replace("/", "."),
            "payload": payload,
            "payload_encoding": "string",
        }
        return bool(self._post("exchanges/%2F/amq.topic/publish", message)["routed"])

    def listen(self, topic: str) -> str:
        """A queue that gets what devices publish there."""
        name = f"listening-{secrets.token_hex(4)}"
        self._call("PUT", f"queues/%2F/{name}", {"auto_delete": False, "durable": False})
        binding = {"routing_key": topic.replace("/", ".")}
        self._post(f"bindings/%2F/e/amq.topic/q/{name}", binding)
        return name

    def take(self, queue: str) -> list[str]:
        """Take the messages that arrived in the queue."""
        how = {"count": 10, "ackmode": "ack_requeue_false", "encoding": "auto"}
        return [message["payload"] for message in self._post(f"queues/%2F/{queue}/get", how)]

    def connack_to(self, connect: bytes) -> int:
        """The answer to a packet that comes as if from the proxy."""
        header = b"PROXY TCP4 127.0.0.1 127.0.0.1 40000 8883\r\n"
        with MqttClient(self.mqtt_port) as client:
            client.send(header + connect)
            return client.connack()

    def _post(self, path: str, content: Any) -> Any:
        answer = self._call("POST", path, content)
        return answer.json() if answer.content else None

    def _call(self, method: str, path: str, content: Any = None) -> requests.Response:
        """The management API."""
        url = f"http://127.0.0.1:{self.management_port}/api/{path}"
        answer = requests.request(
            method, url, json=content, auth=(USER, PASSWORD), timeout=ANSWER_SECONDS
        )
        answer.raise_for_status()
        return answer
