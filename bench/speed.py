"""How many activations and connections a second, at what price, beside the floor's."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench import scenarios
from bench.check import Check
from bench.conversation import Conversation, Target
from bench.environment import TRANSPORTS, Figure, Ground, Side, say
from bench.load import Outcome, hold
from bench.process import Tree, on_cores
from bench.scenarios import Prepare

WORKERS = (1, 2)
SECONDS, FLOOR_SECONDS = 4.0, 1.5
# Held before anything counts: code is loaded, statements are prepared, and the rate is known.
_WARM = 600
# More than that rate promises, because warm servers are faster.
_SPARE = 1.6


@dataclass(frozen=True)
class Meters:
    """The process trees whose CPU time is measured, by the name of the column."""

    trees: dict[str, Tree] = field(default_factory=dict)

    def read(self) -> dict[str, float]:
        return {name: tree.cpu_seconds() for name, tree in self.trees.items()}


@dataclass(frozen=True)
class Run:
    """How a load is held: so many at once, for so long, on these cores."""

    at_once: int
    seconds: float
    workers: int = 1


def sustained(ground: Ground) -> Iterator[Figure]:
    """Each transport and way to ask, with one process and with two."""
    for workers in WORKERS:
        yield from _figures(ground, "speed", Run(ground.at_once, ground.seconds(SECONDS), workers))


def alone(ground: Ground) -> Iterator[Figure]:
    """One device at a time: what it waits for when nobody else is there."""
    yield from _figures(ground, "alone", Run(1, ground.seconds(FLOOR_SECONDS)))


def _figures(ground: Ground, topic: str, run: Run) -> Iterator[Figure]:
    """The machine's speed drifts within minutes, so every figure of the listener stands beside one
    of the floor that was measured immediately before it."""
    floor, listener = ground.floor(run.workers), ground.listener(run.workers)
    with floor.server, listener.server:
        for transport in TRANSPORTS:
            for kind in ground.kinds:
                say(f"{topic}: {kind}, {transport}, {run.workers} worker(s)")
                yield {
                    "topic": topic,
                    "kind": kind,
                    "transport": transport,
                    "workers": run.workers,
                    **beside_floor(ground, floor, listener, (transport, kind), run),
                }


def beside_floor(
    ground: Ground, floor: Side, listener: Side, what: tuple[str, str], run: Run
) -> Figure:
    """`what` is transport and kind."""
    transport, kind = what
    target = listener.targets[transport]
    prepare = ground.kinds[kind]
    talks = prepare(warm(ground, target, prepare, run))
    bare = measure_floor(ground, floor, floor.targets.get(transport, floor.targets["TLS"]), run)
    meters = Meters({"server": listener.server})
    if listener.proxy:
        meters.trees["proxy"] = listener.proxy
    ours = measure(ground, target, talks, run, meters)
    return {**ours, **{f"floor_{name}": bare[name] for name in ("per_second", "server_us")}}


def warm(ground: Ground, target: Target, prepare: Prepare, run: Run) -> int:
    """How many conversations the time of `run` will take, and some to spare."""
    count = max(run.at_once, ground.scaled(_WARM if run.at_once > 1 else 40))
    outcome = held(ground, target, prepare(count), run, None)
    ground.check().drained()
    return int(outcome.per_second * run.seconds * _SPARE) + run.at_once


def measure_floor(ground: Ground, floor: Side, target: Target, run: Run) -> dict[str, float]:
    seconds = min(run.seconds, ground.seconds(FLOOR_SECONDS))
    hellos = scenarios.floor(200_000)
    held(ground, target, hellos[: run.at_once], run, None)
    before = floor.server.cpu_seconds()
    outcome = held(ground, target, hellos, run, seconds)
    return rates(outcome, {"server": floor.server.cpu_seconds() - before})


def measure(
    ground: Ground,
    target: Target,
    talks: Sequence[Conversation],
    run: Run,
    meters: Meters,
) -> dict[str, float]:
    """Held, and everything about it recorded, before the processors' time is read again."""
    if ground.database:
        meters.trees["database"] = ground.database
    check: Check = ground.check()
    before = meters.read()
    outcome = held(ground, target, talks, run, run.seconds)
    check.drained()
    after = meters.read()
    check.everything(outcome.answers)
    return rates(outcome, {name: after[name] - before[name] for name in after})


def held(
    ground: Ground,
    target: Target,
    talks: Sequence[Conversation],
    run: Run,
    seconds: float | None,
) -> Outcome:
    with ExitStack() as stack:
        stack.enter_context(on_cores(ground.load_cores(run.workers)))
        return hold(target, talks, run.at_once, seconds)


def rates(outcome: Outcome, cpu: dict[str, float]) -> dict[str, float]:
    return {
        "count": outcome.count,
        "seconds": outcome.seconds,
        "per_second": outcome.per_second,
        "p50_ms": outcome.percentile(0.5) * 1000,
        "p99_ms": outcome.percentile(0.99) * 1000,
        "load_us": outcome.cpu_seconds / outcome.count * 1e6,
        **{f"{name}_us": spent / outcome.count * 1e6 for name, spent in cpu.items()},
    }
