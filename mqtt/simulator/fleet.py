"""Several simulated devices at once, a thread each, until they are done or told to stop."""

import queue
import threading
import time
from collections.abc import Callable, Sequence

from mqtt.simulator.device import Ending, SimulatedDevice

# One that is in the middle of connecting when told to stop is not waited for any longer.
_GRACE_SECONDS = 5.0
_TICK_SECONDS = 0.2

Endings = queue.SimpleQueue[Ending]


def device_names(base: str, count: int) -> list[str]:
    """`base` alone, or `base-1` to `base-N`."""
    return [base] if count == 1 else [f"{base}-{number}" for number in range(1, count + 1)]


def run_fleet(devices: Sequence[SimulatedDevice], stop: threading.Event, *, once: bool) -> bool:
    """True when every device did what it should. Once `stop` is set they say goodbye."""
    endings: Endings = queue.SimpleQueue()
    for device in devices:
        life = device.run_once if once else device.run
        threading.Thread(target=_live, args=(life, endings), daemon=True).start()
    return _collect(endings, len(devices), stop) == [Ending.DONE] * len(devices)


def _live(life: Callable[[], Ending], endings: Endings) -> None:
    ending = Ending.GIVE_UP
    try:
        ending = life()
    finally:
        endings.put(ending)


def _collect(endings: Endings, count: int, stop: threading.Event) -> list[Ending]:
    collected: list[Ending] = []
    deadline: float | None = None
    while len(collected) < count:
        if stop.is_set() and deadline is None:
            deadline = time.monotonic() + _GRACE_SECONDS
        if deadline is not None and time.monotonic() > deadline:
            break
        try:
            collected.append(endings.get(timeout=_TICK_SECONDS))
        except queue.Empty:
            continue
    return collected
