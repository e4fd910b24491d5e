"""Kill and start again, while devices and an operator go on; then see whether all was kept."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from operators.actor import SHELL
from operators.models import AccessKeyScope
from operators.operations.access_keys import create_access_key
from tests.faults import holdings
from tests.faults.checker import Violation, story, violations
from tests.faults.devices import Fleet, doors_of
from tests.faults.history import Credential, History, Holdings, Name, Outcome
from tests.faults.load import Load, Stage
from tests.faults.operators import Operator
from tests.faults.world import Database, World
from tests.threads import apart

# A history is checked after so many cycles, and a new one begun: runs may last for hours.
CYCLES_OF_A_ROUND = 20
# Sessions that are open when everything is compared.
HELD = 20
# Seconds for the database to show who is online.
SETTLED_WITHIN = 30.0
_AT_ONCE = 16


@dataclass(slots=True)
class Report:
    cycles: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    received: int = 0
    connects: int = 0
    deeds: int = 0
    unknown: int = 0
    violations: list[Violation] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)

    def add(self, history: History) -> None:
        outcomes = [
            *(one.outcome for one in history.registrations),
            *(one.outcome for one in history.connections),
            *(one.outcome for one in history.deeds),
        ]
        self.unknown += outcomes.count(Outcome.UNKNOWN)
        self.received += sum(one.outcome is Outcome.OK for one in history.registrations)
        self.connects += sum(one.outcome is Outcome.OK for one in history.connections)
        self.deeds += sum(one.outcome is Outcome.OK for one in history.deeds)

    def __str__(self) -> str:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        return (
            f"{self.cycles} cycles, {self.kills.total()} kills ({kills}), "
            f"{self.received} credentials received, {self.connects} connections, "
            f"{self.deeds} acts, {self.unknown} operations cut off, "
            f"{len(self.violations)} violations"
        )


def operator_of(world: World) -> Operator:
    key = create_access_key(SHELL, f"Faults {monotonic()}", AccessKeyScope.EVERYTHING)
    return Operator(world.console.ports[0], key.access_key_id, key.secret)


async def run(
    world: World, cycles: int, seed: int, tell: Callable[[Report], None] = lambda _: None
) -> Report:
    """Rounds of cycles, each checked; stops at the first with a violation. `tell` hears of each."""
    chance, report = random.Random(seed), Report()  # noqa: S311 - a seed is the point
    operator = await apart(operator_of, world)
    while report.cycles < cycles and not report.violations:
        some = min(CYCLES_OF_A_ROUND, cycles - report.cycles)
        await _round(world, some, chance, report, operator)
        tell(report)
    return report


async def _round(
    world: World, cycles: int, chance: random.Random, report: Report, operator: Operator
) -> None:
    history = History()
    stage = await apart(Stage.build)
    fleet = Fleet(history, partial(chance.choice, doors_of(world.ca_file, *world.listeners)))
    load = Load(stage, fleet, operator, history, chance)
    going = asyncio.create_task(load.run())
    for _ in range(cycles):
        await _cycle(world, chance, report)
    load.stop()
    await going
    held = await settle(world, stage, fleet, load.received)
    report.add(history)
    report.violations += violations(history, held)
    for violation in report.violations:
        report.stories += story(history, held, violation.what)


async def _cycle(world: World, chance: random.Random, report: Report) -> None:
    await asyncio.sleep(chance.uniform(0.1, 1.5))
    victims = chance.sample(world.victims, k=chance.choice((1, 1, 1, 2)))
    await asyncio.gather(*(asyncio.to_thread(victim.kill) for victim in victims))
    await asyncio.sleep(chance.uniform(0, 0.5))
    # Without its database no listener starts.
    for victim in sorted(victims, key=lambda victim: not isinstance(victim, Database)):
        await asyncio.to_thread(victim.start)
    report.cycles += 1
    report.kills.update(victim.name for victim in victims)


async def settle(
    world: World, stage: Stage, fleet: Fleet, received: Sequence[Credential]
) -> Holdings:
    """With everything running: compare who is online, and try every credential."""
    done = asyncio.Event()
    going = asyncio.create_task(_hold(stage, fleet, received[-HELD:], done))
    victim = world.listeners[0]
    await asyncio.to_thread(victim.kill)
    await asyncio.to_thread(victim.start)
    online, held = await _settled(stage, fleet)
    done.set()
    await going
    await _try_all(stage, fleet, received)
    found = await apart(holdings.read, stage.keys)
    return replace(found, online=list(online), held=held)


async def _hold(
    stage: Stage, fleet: Fleet, some: Sequence[Credential], done: asyncio.Event
) -> None:
    async def hold(credential: Credential) -> None:
        wire, connection = await fleet.connect(stage.product_of(credential.name), credential)
        if wire and connection:
            await fleet.live(wire, connection, lambda: 0.0 if done.is_set() else 0.3)

    await asyncio.gather(*map(hold, some))


async def _settled(stage: Stage, fleet: Fleet) -> tuple[set[Name], list[Name]]:
    """The names online in the database and those connected, once both agree or time is up."""
    until = monotonic() + SETTLED_WITHIN
    while True:
        online = await apart(holdings.online, stage.keys)
        held = [connection.credential.name for connection in fleet.open.values()]
        if online == set(held) or monotonic() > until:
            return online, held
        await asyncio.sleep(0.2)


async def _try_all(stage: Stage, fleet: Fleet, received: Sequence[Credential]) -> None:
    """Each credential once, until the server says yes or no."""
    waiting = iter(dict.fromkeys(received))

    async def work() -> None:
        for credential in waiting:
            while not await _tried(stage, fleet, credential):
                pass

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))


async def _tried(stage: Stage, fleet: Fleet, credential: Credential) -> bool:
    """Whether it is known now."""
    wire, connection = await fleet.connect(stage.product_of(credential.name), credential)
    if wire and connection:
        await wire.leave(politely=True)
        fleet.closed(connection)
    return connection is not None and connection.outcome is not Outcome.UNKNOWN
