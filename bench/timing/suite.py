"""All pairs on one database, each as a line of JSON on standard output.

Started by `python -m bench.timing` with DATABASE_URL and DATA_DIR of its own, and with limits that
let every attempt be read and checked.
"""

import argparse
import json
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

import django

if TYPE_CHECKING:
    from bench.timing.classes import Kind
    from bench.timing.measuring import Times

# In company a batch takes longer; so it is measured less often.
IN_COMPANY = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--kind", action="append", required=True)
    parser.add_argument("--way", action="append", required=True)
    options = parser.parse_args()
    django.setup()
    for row in _rows(options.count, options.seed, options.kind, options.way):
        print(json.dumps(row), flush=True)


def _rows(
    count: int, seed: int, kinds: Sequence[str], ways: Sequence[str]
) -> Iterator[Mapping[str, object]]:
    from bench.timing.welch import compare

    chance = random.Random(seed)  # noqa: S311 - to be repeated
    for kind in _prepared():
        if kind.name not in kinds:
            continue
        for way in ways:
            for clock, times in _measured(kind, way, count, chance).items():
                for pair in compare(times):
                    yield {"kind": kind.name, "way": way, "clock": clock, **asdict(pair)}


def _prepared() -> list["Kind"]:
    from django.core.management import call_command
    from django.utils import timezone

    from bench.timing.classes import kinds

    call_command("migrate", verbosity=0)
    call_command("certificates", verbosity=0)
    return kinds(timezone.now())


def _measured(kind: "Kind", way: str, count: int, chance: random.Random) -> Mapping[str, "Times"]:
    from django.db import connection

    from bench.timing import measuring
    from common.ops.ratelimit import FailureLimits
    from mqtt.listener.admission import Gate

    if way == "listener":
        connection.close()
        with _listener() as port:
            return measuring.answers(kind, count, chance, port)
    gate = Gate(UUID(int=1), FailureLimits.from_settings(), lambda _record: None)
    if way == "operation":
        return measuring.operation(kind, count, chance, gate)
    company = [measuring.read(gate, probe(chance)) for probe in kind.classes.values()] * 2
    return measuring.operation(kind, count // IN_COMPANY, chance, gate, company)


@contextmanager
def _listener() -> Iterator[int]:
    """Its plain port, as if a proxy ended TLS before it: what TLS adds is noise."""
    from bench.process import Server
    from tests.ports import free_ports

    tls, plain = free_ports(2)
    environment = {
        **os.environ,
        "MQTTS_PORT": str(tls),
        "MQTT_PORT": str(plain),
        "MQTTS_HOST": "127.0.0.1",
        "MQTT_BEHIND_TLS_PROXY": "true",
    }
    with Server(["manage.py", "mqtt_listener"], [tls, plain], environment):
        yield plain


if __name__ == "__main__":
    main()
