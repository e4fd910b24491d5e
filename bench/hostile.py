"""What good devices feel of somebody who means harm: their p99 with an attack and without.

An attack is a program that goes on until it is told to stop; it is given the TLS port, the plain
port, a ProductKey, and a number: of sockets, or of attempts a second.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from django.conf import settings

from bench.ground import Figure, Ground, Side, say
from bench.load import Outcome
from bench.process import Server, python
from bench.speed import Run, held, warm

# As many good devices at once as a busy listener has, without being at its limit.
_AT_ONCE = 20
_SECONDS = 4.0
# Until the attack has its sockets open.
_BEGUN_AFTER = 3.0
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attack:
    """`module` is run as `python -m`; `number` is scaled with everything else."""

    module: str
    number: int


ATTACKS: Mapping[str, Attack] = {
    "half-open sockets": Attack("bench.half_open", 5_000),
}


def hostile(ground: Ground) -> Iterator[Figure]:
    for name, attack in ATTACKS.items():
        number = ground.sockets(ground.scaled(attack.number))
        say(f"hostile: {number} {name}")
        side = ground.listener()
        with side.server:
            yield {
                "topic": "hostile",
                "attack": name,
                "number": number,
                **_measure(ground, side, attack, number),
            }


def _measure(ground: Ground, side: Side, attack: Attack, number: int) -> dict[str, float]:
    """Without, with, and without again: what the attack has changed must end with it."""
    run = Run(_AT_ONCE, ground.seconds(_SECONDS))
    count = warm(ground, side.targets["TLS"], ground.kinds["signature"], run)
    before = _good(ground, side, run, count)
    side.server.forget_peak()
    resident = side.server.resident_bytes()
    with ExitStack() as stack:
        stack.enter_context(_attacker(ground, side, attack, number))
        time.sleep(min(_BEGUN_AFTER, ground.seconds(_BEGUN_AFTER)))
        during = _good(ground, side, run, count)
    after = _good(ground, side, run, count)
    return {
        "p99_before_ms": before.percentile(0.99) * 1000,
        "p99_ms": during.percentile(0.99) * 1000,
        "p99_after_ms": after.percentile(0.99) * 1000,
        "per_second": during.per_second,
        "per_second_before": before.per_second,
        "resident_mib": resident / _MIB,
        "peak_mib": side.server.peak_bytes() / _MIB,
    }


def _good(ground: Ground, side: Side, run: Run, count: int) -> Outcome:
    """Any good device that is refused raises, and all must be in the database."""
    check = ground.check()
    talks = ground.kinds["signature"](count)
    outcome = held(ground, side.targets["TLS"], talks, run, run.seconds)
    check.drained()
    check.everything(outcome.answers)
    return outcome


def _attacker(ground: Ground, side: Side, attack: Attack, number: int) -> Server:
    ports = (str(side.targets[transport].port) for transport in ("TLS", "plain"))
    command = python("-m", attack.module, *ports, ground.product.product_key, str(number))
    return Server(command, [], ground.environment, directory=settings.BASE_DIR)
