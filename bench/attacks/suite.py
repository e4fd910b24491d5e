"""All attacks on one database; a line of JSON each on standard output.

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
from contextlib import contextmanager
from pathlib import Path

import django

# Good devices that come in a second, and for how long they are watched.
GOOD_PER_SECOND, SECONDS = 40, 15.0
# Until an attack has its sockets open.
BEGUN_AFTER = 3.0
ATTACKS: Mapping[str, Mapping[str, int]] = {
    "5,000 half-open sockets": {"half_open": 5000},
    "200 bad signatures a second": {"bad_signatures": 200},
    "500 slow handshakes": {"slow_handshakes": 500},
    "these three together": {"half_open": 5000, "bad_signatures": 200, "slow_handshakes": 500},
    "500 slow CONNECTs": {"slow_connects": 500},
    "200 half handshakes a second": {"handshakes": 200},
    "all together": {
        "half_open": 5000,
        "bad_signatures": 200,
        "slow_handshakes": 500,
        "slow_connects": 500,
        "handshakes": 200,
    },
}
_MIB = 1024 * 1024
Numbers = Mapping[str, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args()
    django.setup()
    for figure in figures(options.scale):
        print(json.dumps(figure), flush=True)


def figures(scale: float) -> Iterator[Mapping[str, object]]:
    """By attack: the good devices' p99 before, during and after it, in ms, and the memory."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from bench.process import Server
    from bench.scenarios import signed_connections
    from operators.actor import SHELL
    from products.operations.manage import create_product
    from tests.ports import free_ports

    call_command("migrate", verbosity=0)
    call_command("certificates", verbosity=0)
    product = create_product(SHELL, "Hostile")
    seconds = max(1.0, SECONDS * scale)
    connects = [
        talk.request for talk in signed_connections(product, int(GOOD_PER_SECOND * seconds))
    ]
    connection.close()
    good = Path(settings.DATA_DIR) / "good"
    good.write_text("\n".join(connect.hex() for connect in connects))
    for name, attack in ATTACKS.items():
        numbers = {kind: max(1, int(number * scale)) for kind, number in attack.items()}
        ports = free_ports(2)
        with Server(["manage.py", "mqtt_listener"], ports, _environment(ports)) as server:
            come(ports[0], good, seconds)  # what is loaded once
            before, memory = come(ports[0], good, seconds), server.resident_bytes()
            with attacked(ports, product.product_key, numbers):
                time.sleep(BEGUN_AFTER)
                during, most = come(ports[0], good, seconds), server.resident_bytes()
            after = come(ports[0], good, seconds)
            yield {
                "attack": name,
                "before_ms": _p99(before),
                "during_ms": _p99(during),
                "after_ms": _p99(after),
                "median_before_ms": before[len(before) // 2] * 1000,
                "median_during_ms": during[len(during) // 2] * 1000,
                "mib_before": memory / _MIB,
                "mib_during": most / _MIB,
                "mib_after": server.resident_bytes() / _MIB,
            }


def come(port: int, good: Path, seconds: float) -> Sequence[float]:
    """How long each good device took, the fastest first; CalledProcessError if one was refused."""
    done = subprocess.run(  # noqa: S603 - our own command line
        [
            *(sys.executable, "-m", "bench.attacks.good"),
            *(str(port), str(good), str(GOOD_PER_SECOND), str(seconds)),
        ],
        stdout=subprocess.PIPE,
        check=True,
    )
    taken: list[float] = json.loads(done.stdout)
    return sorted(taken)


@contextmanager
def attacked(ports: Sequence[int], product_key: str, numbers: Numbers) -> Iterator[None]:
    """Meanwhile, by a process of its own. RuntimeError when that broke off."""
    wished = [f"{name}={number}" for name, number in numbers.items()]
    command = [sys.executable, "-m", "bench.attacks.attacker"]
    with tempfile.TemporaryFile() as told:
        attacker = subprocess.Popen(  # noqa: S603 - our own command line
            [*command, *map(str, ports), product_key, *wished], stderr=told
        )
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


def _environment(ports: Sequence[int]) -> Mapping[str, str]:
    return {
        **os.environ,
        "MQTTS_PORT": str(ports[0]),
        "MQTT_PORT": str(ports[1]),
        "MQTTS_HOST": "127.0.0.1",
        "MQTT_BEHIND_TLS_PROXY": "true",
    }


def _p99(taken: Sequence[float]) -> float:
    return taken[int(0.99 * (len(taken) - 1))] * 1000


if __name__ == "__main__":
    main()
