"""All attacks on one database; a line of JSON for each kind of good client on standard output.

Started by `python -m bench.attacks` with DATABASE_URL and DATA_DIR of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from bench.process import Server

# How long good clients are watched, before, during and after; and until an attack is under way.
SECONDS = 15.0
BEGUN_AFTER = 3.0
_FIRST = {"half_open": 5000, "bad_signatures": 200, "slow_handshakes": 500}
_OTHERS = {
    "endless_heads": 200,
    "endless_lines": 30,
    "half_requests": 500,
    "anonymous_uploads": 20,
    "floods": 10,
}
# By name, how many of each: sockets held, or attempts a second.
ATTACKS: Mapping[str, Mapping[str, int]] = {
    "5,000 half-open sockets": {"half_open": 5000},
    "200 bad signatures a second": {"bad_signatures": 200},
    "500 slow handshakes": {"slow_handshakes": 500},
    "these three together": _FIRST,
    "500 slow CONNECTs": {"slow_connects": 500},
    "200 half handshakes a second": {"handshakes": 200},
    "200 endless heads": {"endless_heads": 200},
    "30 times endless header lines": {"endless_lines": 30},
    "500 half requests": {"half_requests": 500},
    "20 anonymous uploads a second": {"anonymous_uploads": 20},
    "10 devices that send packets without end": {"floods": 10},
    "all of HTTP and the first three": _FIRST | _OTHERS,
}
_MIB = 1024 * 1024
_PORTS = ("mqtts", "mqtt", "https", "http")
Numbers = Mapping[str, int]
Taken = Mapping[str, Sequence[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    django.setup()
    for figure in figures(options.scale, options.only):
        print(json.dumps(figure), flush=True)


def figures(scale: float, only: Sequence[str] = ()) -> Iterator[Mapping[str, object]]:
    """By attack and kind of good client: p99 before, during and after in ms, and all memory.

    `beside` is the p99 while other servers on this machine, with the same database, are attacked:
    what the attackers' use of the processor alone makes of it.
    """
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from bench.attacks.visitors import write_visitors
    from tests.ports import free_ports

    call_command("migrate", verbosity=0)
    call_command("certificates", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    ports, others = (dict(zip(_PORTS, free_ports(4), strict=True)) for _ in range(2))
    seconds = max(1.0, SECONDS * scale)
    visitors = Path(settings.DATA_DIR) / "visitors"
    product = write_visitors(visitors, ports, seconds)
    aim = {"product_key": product.product_key, "connects": _members(product)}
    connection.close()
    for name in only or ATTACKS:
        numbers = {kind: max(1, int(number * scale)) for kind, number in ATTACKS[name].items()}
        with _started(ports) as servers:
            before, memory = _quiet(visitors, seconds), _resident(servers)
            with _started(others):
                beside, _ = _under(visitors, seconds, {**aim, **others}, numbers, servers)
            during, most = _under(visitors, seconds, {**aim, **ports}, numbers, servers)
            after = come(visitors, seconds)
            memories = (memory, most, _resident(servers))
        yield from _rows(name, (before, beside, during, after), memories)


def _quiet(visitors: Path, seconds: float) -> Taken:
    come(visitors, seconds)  # what is loaded once
    return come(visitors, seconds)


def _under(
    visitors: Path,
    seconds: float,
    target: Mapping[str, object],
    numbers: Numbers,
    servers: "Sequence[Server]",
) -> tuple[Taken, float]:
    """While the target is attacked; second, the memory of `servers` at its end."""
    with attacked(target, numbers):
        time.sleep(BEGUN_AFTER)
        return come(visitors, seconds), _resident(servers)


def _rows(
    name: str, taken: tuple[Taken, Taken, Taken, Taken], memories: Sequence[float]
) -> Iterator[Mapping[str, object]]:
    before, beside, during, after = taken
    for kind in before:
        yield {
            "attack": name,
            "kind": kind,
            "before_ms": _p99(before[kind]),
            "beside_ms": _p99(beside[kind]),
            "during_ms": _p99(during[kind]),
            "after_ms": _p99(after[kind]),
            "median_before_ms": before[kind][len(before[kind]) // 2] * 1000,
            "median_during_ms": during[kind][len(during[kind]) // 2] * 1000,
            **dict(zip(("mib_before", "mib_during", "mib_after"), memories, strict=True)),
        }


def _members(product: object) -> list[str]:
    """CONNECT packets of devices that are let in, in hex."""
    from bench.scenarios import signed_connections
    from products.models import Product

    assert isinstance(product, Product)
    return [talk.request.hex() for talk in signed_connections(product, 10)]


@contextmanager
def _started(ports: Mapping[str, int]) -> "Iterator[Sequence[Server]]":
    with ExitStack() as stack:
        yield [stack.enter_context(server) for server in _servers(ports)]


def _servers(ports: Mapping[str, int]) -> "list[Server]":
    from django.conf import settings

    from bench.process import How, Server
    from iotconsole.management.commands.serve import console_arguments

    environment = _environment(ports)
    how = How(directory=settings.BASE_DIR)
    console = console_arguments(f"127.0.0.1:{ports['http']}")
    return [
        Server(["manage.py", "mqtt_listener"], [ports["mqtts"], ports["mqtt"]], environment, how),
        Server(["manage.py", "https_server"], [ports["https"]], environment, how),
        Server(console, [ports["http"]], environment, how),
    ]


def _resident(servers: "Sequence[Server]") -> float:
    return sum(server.resident_bytes() for server in servers) / _MIB


def come(visitors: Path, seconds: float) -> Taken:
    """How long each good client took, the fastest first; CalledProcessError if one was refused."""
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "bench.attacks.good", str(visitors), str(seconds)],
        stdout=subprocess.PIPE,
        check=True,
    )
    taken: dict[str, list[float]] = json.loads(done.stdout)
    return {kind: sorted(times) for kind, times in taken.items()}


@contextmanager
def attacked(target: Mapping[str, object], numbers: Numbers) -> Iterator[None]:
    """Meanwhile, by a process of its own. RuntimeError when that broke off."""
    wished = [f"{name}={number}" for name, number in numbers.items()]
    command = [sys.executable, "-m", "bench.attacks.attacker", json.dumps(target), *wished]
    with tempfile.TemporaryFile() as told:
        attacker = subprocess.Popen(command, stderr=told)  # noqa: S603 - our own command line
        try:
            yield
        finally:
            attacker.terminate()
            status = attacker.wait(30)
            told.seek(0)
            said = told.read().decode()[-2000:]
            print(said, file=sys.stderr)
        if status:
            raise RuntimeError(f"the attacker ended with {status}: {said}")


def _environment(ports: Mapping[str, int]) -> Mapping[str, str]:
    own = {
        "MQTTS_PORT": str(ports["mqtts"]),
        "MQTT_PORT": str(ports["mqtt"]),
        "HTTPS_PORT": str(ports["https"]),
        "MQTTS_HOST": "127.0.0.1",
        "HTTPS_HOST": "127.0.0.1",
        "MQTT_BEHIND_TLS_PROXY": "true",
    }
    return {**os.environ, **own}


def _p99(taken: Sequence[float]) -> float:
    return taken[int(0.99 * (len(taken) - 1))] * 1000


if __name__ == "__main__":
    main()
