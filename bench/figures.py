"""Which scenarios are run, against which server, in which order."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bench import scenarios
from bench.load import Conversation, Target
from bench.process import Server
from devices.protocol.client_id import RegistrationMode
from operators.actor import SHELL
from products.models import Product
from products.operations.manage import create_product
from tests.ports import free_port

Figure = dict[str, object]
Prepare = Callable[[int], list[Conversation]]
Start = Callable[[], Server]

# How many conversations are held, by how many at once.
LOADS = {1: 300, 200: 3000}
TRANSPORTS = ("TLS", "plain")
LISTENER = ["manage.py", "mqtt_listener"]
IDLE = 1000


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two servers: how it is started, and where it listens by transport."""

    start: Start
    targets: Mapping[str, Target]


def all_figures(scale: float) -> Iterator[Figure]:
    """Speed, then memory; `scale` shrinks every count for a quick look.

    The machine's speed drifts within minutes, so every figure of the listener stands beside one of
    the floor that was measured immediately before it.
    """
    call_command("migrate", verbosity=0)
    call_command("certificates", verbosity=0)
    floor, listener = _side(_floor_command), _side(lambda _pki, _ports: LISTENER)
    kinds = _kinds()
    with floor.start() as floor_server, listener.start() as server:
        for transport in TRANSPORTS:
            for kind, prepare in kinds.items():
                for at_once, count in LOADS.items():
                    talks = prepare(_scaled(count, scale))
                    connection.close()
                    hello = scenarios.floor(len(talks))
                    name = f"{kind}, {transport}, {at_once} at once"
                    yield {
                        "name": name,
                        "floor": measure(floor_server, floor.targets[transport], hello, at_once),
                        "ours": measure(server, listener.targets[transport], talks, at_once),
                    }
    for transport in TRANSPORTS:
        yield {
            "name": transport,
            "floor_bytes": _idle(floor, transport, scenarios.floor(_scaled(IDLE, scale))),
            "bytes": _idle(listener, transport, kinds["signature"](_scaled(IDLE, scale))),
        }


def measure(
    server: Server, target: Target, talks: list[Conversation], at_once: int
) -> dict[str, float]:
    return scenarios.measure(server, target, talks, at_once).as_dict()


def _side(command: Callable[[Path, list[int]], list[str]]) -> Side:
    pki = Path(settings.DATA_DIR) / "pki"
    targets = {"TLS": Target(free_port(), pki / "ca.pem"), "plain": Target(free_port())}
    ports = [target.port for target in targets.values()]
    environment = {
        **os.environ,
        "MQTTS_PORT": str(ports[0]),
        "MQTT_PORT": str(ports[1]),
        "MQTTS_HOST": "127.0.0.1",
        "MQTT_BEHIND_TLS_PROXY": "true",  # so that it answers registrations
    }
    return Side(partial(Server, command(pki, ports), ports, environment), targets)


def _floor_command(pki: Path, ports: list[int]) -> list[str]:
    return ["-m", "bench.floor", str(pki), *map(str, ports)]


def _kinds() -> Mapping[str, Prepare]:
    product = create_product(SHELL, "Benchmark")
    Product.objects.update(dynamic_registration=True)
    return {
        "register": partial(scenarios.registrations, product, RegistrationMode.REGISTER),
        "regnwl": partial(scenarios.registrations, product, RegistrationMode.REGNWL),
        "signature": partial(scenarios.signed_connections, product),
        "token": lambda count: scenarios.token_connections(product, count, timezone.now()),
    }


def _idle(side: Side, transport: str, talks: list[Conversation]) -> float:
    """A new server each time: one that was busy fills memory it holds already."""
    connection.close()
    with side.start() as server:
        return scenarios.idle_bytes(server, side.targets[transport], talks)


def _scaled(count: int, scale: float) -> int:
    return max(1, int(count * scale))
