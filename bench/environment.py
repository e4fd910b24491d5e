"""Environment of every section: the database, the certificates, the servers that are compared."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.db import connection

from bench import scenarios
from bench.check import Check
from bench.conversation import Target
from bench.process import How, Program, Server, Tree, allow_descriptors
from products.models import Product
from tests.ports import free_ports

Figure = dict[str, object]
TRANSPORTS = ("TLS", "plain")
AT_ONCE = 200
_OTHER_DESCRIPTORS = 200


@dataclass(frozen=True, slots=True)
class Side:
    """A server and where it is reached, by transport; with a proxy in front or without."""

    server: Program
    targets: Mapping[str, Target]
    proxy: Program | None = None


@dataclass(frozen=True)
class Ground:
    """`scale` is the share of the full load, `environment` what servers are started with.

    With `pinned`, load and server have cores of their own where there are several.
    """

    scale: float
    environment: Mapping[str, str]
    pinned: bool = True

    @cached_property
    def product(self) -> Product:
        return scenarios.new_product()

    @cached_property
    def kinds(self) -> Mapping[str, scenarios.Prepare]:
        return scenarios.kinds(self.product)

    @property
    def pki(self) -> Path:
        return Path(self.environment["DATA_DIR"]) / "pki"

    @cached_property
    def database(self) -> Tree | None:
        """PostgreSQL with all its processes; it runs on this machine. SQLite has none."""
        if connection.vendor == "sqlite":
            return None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend: int = cursor.fetchone()[0]
        return Tree(Tree(backend).parent())

    def scaled(self, count: int, least: int = 1) -> int:
        return max(least, int(count * self.scale))

    def seconds(self, seconds: float) -> float:
        return max(0.05, seconds * min(1.0, self.scale))

    @property
    def at_once(self) -> int:
        """As many as the figures are about, if the look is not a very quick one."""
        return max(5, min(AT_ONCE, int(AT_ONCE * 20 * self.scale)))

    def sockets(self, count: int) -> int:
        """As many of `count` as this process may have descriptors for."""
        return min(count, allow_descriptors() - _OTHER_DESCRIPTORS)

    def load_cores(self, workers: int = 1) -> frozenset[int] | None:
        """One, when the server is one process and there are others for it."""
        cores = sorted(os.sched_getaffinity(0))
        return frozenset(cores[:1]) if self._pins(workers) else None

    def server_cores(self, workers: int = 1) -> frozenset[int] | None:
        cores = sorted(os.sched_getaffinity(0))
        return frozenset(cores[1:]) if self._pins(workers) else None

    def _pins(self, workers: int) -> bool:
        return self.pinned and workers == 1 and len(os.sched_getaffinity(0)) > 1

    def check(self) -> Check:
        return Check(self.product)

    # --- the two that are compared ------------------------------------------------------------
    def floor(self, workers: int = 1) -> Side:
        ports = free_ports(2)
        command = ["-m", "bench.baseline", str(self.pki), *map(str, ports), str(workers)]
        return self._side(command, ports, {}, workers)

    def listener(self, workers: int = 1, **variables: str) -> Side:
        """Its plain port counts as behind a proxy, so that it answers registrations."""
        ports = free_ports(2)
        own = {
            "MQTTS_HOST": "127.0.0.1",
            "MQTTS_PORT": str(ports[0]),
            "MQTT_PORT": str(ports[1]),
            "MQTT_BEHIND_TLS_PROXY": "true",
            **variables,
        }
        command = ["manage.py", "mqtt_listener", f"--workers={workers}"]
        return self._side(command, ports, own, workers)

    def _side(
        self, command: Sequence[str], ports: Sequence[int], own: Mapping[str, str], workers: int
    ) -> Side:
        server = Server(
            command,
            ports,
            {**self.environment, **own},
            How(self.server_cores(workers), settings.BASE_DIR, workers),
        )
        return Side(server, {"TLS": Target(ports[0], tls=True), "plain": Target(ports[1])})


def say(text: str) -> None:
    """Progress, beside the figures."""
    print(text, file=sys.stderr, flush=True)
