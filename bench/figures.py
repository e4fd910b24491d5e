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

# How many conversations are held, by how many at once.
LOADS = {1: 300, 200: 3000}
IDLE = 1000


def all_figures(scale: float) -> Iterator[Figure]:
    """The floor first, then the listener; `scale` shrinks every count for a quick look."""
    call_command("migrate", verbosity=0)
    call_command("certificates", verbosity=0)
    pki = Path(settings.DATA_DIR) / "pki"
    tls, plain = Target(free_port(), pki / "ca.pem"), Target(free_port())
    floor = ["-m", "bench.floor", str(pki), str(tls.port), str(plain.port)]
    with Server(floor, [tls.port, plain.port], os.environ) as server:
        yield from _measure(server, {"floor": scenarios.floor}, "floor", tls, plain, scale)
    environment = {
        **os.environ,
        "MQTTS_PORT": str(tls.port),
        "MQTT_PORT": str(plain.port),
        "MQTTS_HOST": "127.0.0.1",
        "MQTT_BEHIND_TLS_PROXY": "true",  # so that it answers registrations
    }
    listener = ["manage.py", "mqtt_listener"]
    with Server(listener, [tls.port, plain.port], environment) as server:
        yield from _measure(server, _kinds(), "signature", tls, plain, scale)


def _kinds() -> Mapping[str, Prepare]:
    product = create_product(SHELL, "Benchmark")
    Product.objects.update(dynamic_registration=True)
    return {
        "register": partial(scenarios.registrations, product, RegistrationMode.REGISTER),
        "regnwl": partial(scenarios.registrations, product, RegistrationMode.REGNWL),
        "signature": partial(scenarios.signed_connections, product),
        "token": lambda count: scenarios.token_connections(product, count, timezone.now()),
    }


def _measure(
    server: Server,
    kinds: Mapping[str, Prepare],
    idle: str,
    tls: Target,
    plain: Target,
    scale: float,
) -> Iterator[Figure]:
    """Every kind over both transports; connections of the kind `idle` are held for their size."""
    for transport, target in (("TLS", tls), ("plain", plain)):
        for kind, prepare in kinds.items():
            for at_once, count in LOADS.items():
                talks = prepare(max(1, int(count * scale)))
                connection.close()
                name = f"{kind}, {transport}, {at_once} at once"
                yield scenarios.measure(name, server, target, talks, at_once).as_dict()
        talks = kinds[idle](max(1, int(IDLE * scale)))
        held = scenarios.idle_bytes(server, target, talks)
        yield {"name": f"{idle}, {transport}, idle", "bytes": held}
