"""Devices that stay: what an idle session costs, and what it takes when all come back at once."""

import time
from collections.abc import Iterator, Sequence

from bench import scenarios
from bench.conversation import Conversation
from bench.environment import TRANSPORTS, Figure, Ground, Side, say
from bench.load import hold
from bench.process import on_cores
from bench.reconnect_storm import Arrival, Crowd

SESSIONS = 15_000
# The floor's TLS sessions are six times as large as the listener's.
_FLOOR_SESSIONS = 5_000
RETURNING = 10_000
WAYS = ("cut", "kill -9")
# How long nothing happens while the processors' time is read.
_IDLE_SECONDS = 5.0
# Connected and gone before memory is read, so that what is loaded once is loaded. Few, because the
# memory they leave behind is taken by those that are measured.
_FIRST = 20
_MIB = 1024 * 1024


def idle(ground: Ground) -> Iterator[Figure]:
    """Resident memory that a session adds, and the processor's share that all of them take."""
    for transport in TRANSPORTS:
        count = ground.sockets(ground.scaled(SESSIONS))
        say(f"idle: {count} sessions, {transport}")
        hellos = scenarios.floor(min(count, _FLOOR_SESSIONS))
        floor = _idle(ground, ground.floor(), transport, hellos)
        talks = ground.kinds["signature"](count)
        ours = _idle(ground, ground.listener(), transport, talks)
        yield {
            "topic": "idle",
            "transport": transport,
            "sessions": count,
            **ours,
            **{f"floor_{name}": value for name, value in floor.items()},
        }


def _idle(
    ground: Ground, side: Side, transport: str, talks: Sequence[Conversation]
) -> dict[str, float]:
    """A new server each time: one that was busy fills memory it holds already."""
    target, seconds = side.targets[transport], ground.seconds(_IDLE_SECONDS)
    check = ground.check()
    with side.server as server:
        hold(target, talks[:_FIRST], _FIRST)
        check.drained()
        before = server.resident_bytes()
        with Crowd(target, talks) as crowd:
            crowd.come(ground.at_once)
            time.sleep(min(1.0, seconds))
            resident, cpu = server.resident_bytes(), server.cpu_seconds()
            time.sleep(seconds)
            cpu = server.cpu_seconds() - cpu
            _require_all(crowd, len(talks))
        check.drained()
    return {
        "kib": (resident - before) / len(talks) / 1024,
        "resident_mib": resident / _MIB,
        "cpu_percent": cpu / seconds * 100,
    }


def storm(ground: Ground) -> Iterator[Figure]:
    """A fleet loses its connections in one moment, through the network or the server's death."""
    for transport in TRANSPORTS:
        for how in WAYS:
            count = ground.sockets(ground.scaled(RETURNING))
            say(f"storm: {count} devices, {transport}, {how}")
            talks = ground.kinds["signature"](count)
            figure = _storm(ground, transport, how, talks)
            yield {
                "topic": "storm",
                "transport": transport,
                "how": how,
                "devices": count,
                **figure,
            }


def _storm(
    ground: Ground, transport: str, how: str, talks: Sequence[Conversation]
) -> dict[str, object]:
    """After `kill -9` the time runs from when a new listener accepts: it takes as long to start as
    the machine needs to load it."""
    side = ground.listener()
    with Crowd(side.targets[transport], talks) as crowd:
        with side.server as server:
            crowd.come(ground.at_once)
            before = server.resident_bytes()
            if how == "cut":
                return _return(ground, crowd, side, before)
            server.kill()
        with side.server:
            return _return(ground, crowd, side, before)


def _return(ground: Ground, crowd: Crowd, side: Side, before: int) -> dict[str, object]:
    server, database = side.server, ground.database
    server.forget_peak()
    cpu = server.cpu_seconds()
    own = database.cpu_seconds() if database else 0.0
    crowd.lose()
    with on_cores(ground.load_cores()):
        arrival = crowd.come()
    count = len(arrival.seconds)
    figure: dict[str, object] = {
        **_arrived(arrival),
        "server_us": (server.cpu_seconds() - cpu) / count * 1e6,
        "resident_mib": before / _MIB,
        "peak_mib": server.peak_bytes() / _MIB,
    }
    if database:
        figure["database_us"] = (database.cpu_seconds() - own) / count * 1e6
    _require_all(crowd, count)
    check = ground.check()
    check.require_live(count)
    crowd.lose()
    check.drained()
    return figure


def _arrived(arrival: Arrival) -> dict[str, object]:
    return {
        "all_seconds": arrival.seconds[-1],
        "p50_seconds": arrival.percentile(0.5),
        "p99_seconds": arrival.percentile(0.99),
        "failures": sum(arrival.failures.values()),
        "failed_by": dict(arrival.failures),
    }


def _require_all(crowd: Crowd, count: int) -> None:
    if crowd.still_there != count:
        raise RuntimeError(f"{crowd.still_there} of {count} sessions are still open")
