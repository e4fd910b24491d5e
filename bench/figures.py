"""Which scenarios are run, against which server, in which order."""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bench import scenarios
from bench.load import Conversation, Target
from bench.process import Server, free_port
from devices.protocol.client_id import RegistrationMode
from operators.actor import SHELL
from products.models import Product
from products.operations.manage import create_product

Figure = dict[str, object]
Prepare = Callable[[int], list[Conversation]]
Start = Callable[[], Server]

# How many conversations are held, by how many at once.
LOADS = {1: 300, 200: 3000}
IDLE = 1000


def all_figures(scale: float) -> Iterator[Figure]:
    """The floor first, then the listener; `scale` shrinks every count for a quick look."""
    call_command("migrate", verbosity=0)
    call_command("certificates", verbosity=0)
    pki = Path(settings.DATA_DIR) / "pki"
    targets = {"TLS": Target(free_port(), pki / "ca.pem"), "plain": Target(free_port())}
    ports = [target.port for target in targets.values()]
    environment = {
        **os.environ,
        "MQTTS_PORT": str(targets["TLS"].port),
        "MQTT_PORT": str(targets["plain"].port),
        "MQTTS_HOST": "127.0.0.1",
        "MQTT_BEHIND_TLS_PROXY": "true",  # so that it answers registrations
    }
    floor = ["-m", "bench.floor", str(pki), *map(str, ports)]
    start_floor = partial(Server, floor, ports, environment)
    start_listener = partial(Server, ["manage.py", "mqtt_listener"], ports, environment)
    kinds = _kinds()
    yield from _speed(start_floor, {"floor": scenarios.floor}, targets, scale)
    yield from _speed(start_listener, kinds, targets, scale)
    yield from _memory(start_floor, "floor", scenarios.floor, targets, scale)
    yield from _memory(start_listener, "session", kinds["signature"], targets, scale)


def _kinds() -> Mapping[str, Prepare]:
    product = create_product(SHELL, "Benchmark")
    Product.objects.update(dynamic_registration=True)
    return {
        "register": partial(scenarios.registrations, product, RegistrationMode.REGISTER),
        "regnwl": partial(scenarios.registrations, product, RegistrationMode.REGNWL),
        "signature": partial(scenarios.signed_connections, product),
        "token": lambda count: scenarios.token_connections(product, count, timezone.now()),
    }


def _speed(
    start: Start, kinds: Mapping[str, Prepare], targets: Mapping[str, Target], scale: float
) -> Iterator[Figure]:
    """Every kind over both transports."""
    with start() as server:
        for transport, target in targets.items():
            for kind, prepare in kinds.items():
                for at_once, count in LOADS.items():
                    talks = prepare(_scaled(count, scale))
                    connection.close()
                    name = f"{kind}, {transport}, {at_once} at once"
                    yield scenarios.measure(name, server, target, talks, at_once).as_dict()


def _memory(
    start: Start, kind: str, prepare: Prepare, targets: Mapping[str, Target], scale: float
) -> Iterator[Figure]:
    """A new server each time: one that was busy fills memory it holds already."""
    for transport, target in targets.items():
        talks = prepare(_scaled(IDLE, scale))
        connection.close()
        with start() as server:
            held = scenarios.idle_bytes(server, target, talks)
        yield {"name": f"{kind}, {transport}, idle", "bytes": held}


def _scaled(count: int, scale: float) -> int:
    return max(1, int(count * scale))
