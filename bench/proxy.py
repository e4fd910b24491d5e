"""Devices over TLS that the real HAProxy ends, with the deployment's own configuration."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings

from bench.conversation import Target
from bench.environment import Figure, Ground, Side, say
from bench.process import How, Program
from bench.speed import SECONDS, WORKERS, Run, beside_floor
from tests.ports import free_ports

PROGRAM = Path("/usr/sbin/haproxy")
CONFIGURATION = Path("deploy/haproxy/20-iotconsole.cfg")
_FRONTENDS = ("MQTTS", "HTTPS", "CONSOLE", "WEBHOOKS", "METRICS")


def proxied(ground: Ground) -> Iterator[Figure]:
    """As `speed`, over TLS; the listener speaks the PROXY protocol on its plain port."""
    if not PROGRAM.exists() or not (settings.BASE_DIR / CONFIGURATION).exists():
        yield {"topic": "proxy", "missing": f"HAProxy is not installed, or no {CONFIGURATION}"}
        return
    for workers in WORKERS:
        yield from _figures(ground, Run(ground.at_once, ground.seconds(SECONDS), workers))


def _figures(ground: Ground, run: Run) -> Iterator[Figure]:
    floor = ground.floor(run.workers)
    listener = ground.listener(run.workers, MQTT_PROXY_PROTOCOL="true")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-haproxy-")))
        stack.enter_context(floor.server)
        stack.enter_context(listener.server)
        proxy, target = _proxy(ground, directory, listener.targets["plain"].port)
        stack.enter_context(proxy)
        side = Side(listener.server, {"TLS": target}, proxy)
        for kind in ground.kinds:
            say(f"proxy: {kind}, {run.workers} worker(s)")
            yield {
                "topic": "proxy",
                "kind": kind,
                "transport": "TLS",
                "workers": run.workers,
                **beside_floor(ground, floor, side, ("TLS", kind), run),
            }


def _proxy(ground: Ground, directory: Path, listener: int) -> tuple[Program, Target]:
    """Every place of the configuration that needs no server here leads to nobody."""
    *ports, nobody = free_ports(len(_FRONTENDS) + 1)
    listed = directory / "products-at-listeners.lst"
    listed.write_text(f"{ground.product.product_key}\n")
    places = {
        f"{name}_{number}": f"127.0.0.1:{nobody}"
        for name in ("RABBITMQ", "CONSOLE", "MACHINES")
        for number in (1, 2, 3)
    }
    binds = {
        f"{name}_BIND": f"127.0.0.1:{port}" for name, port in zip(_FRONTENDS, ports, strict=True)
    }
    environment = {
        **ground.environment,
        **places,
        **binds,
        "LISTENER_1": f"127.0.0.1:{listener}",
        "LISTENER_2": f"127.0.0.1:{listener}",
        "AT_LISTENERS": str(listed),
        # Neither is measured here; the load comes from 64 addresses, and nothing reads the log.
        "SYSLOG": f"127.0.0.1:{nobody}",
        "MAXCONN": "8000",
        **{
            f"{which}_{kind}": str(ground.pki / f"server-{kind.lower()}.pem")
            for which in ("DEVICES", "CONSOLE")
            for kind in ("RSA", "ECDSA")
        },
    }
    command = [str(PROGRAM), "-db", "-f", str(settings.BASE_DIR / CONFIGURATION)]
    how = How(directory=directory, log=directory / "haproxy.log")
    server = Program(command, ports, environment, how)
    return server, Target(ports[0], tls=True)
