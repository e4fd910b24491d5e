"""Several simulated devices at once, a thread each, until they are done or told to stop."""

import threading
from collections.abc import Callable, Sequence

from registration.simulator.device import Ending, SimulatedDevice

_GRACE_SECONDS = 5.0
_TICK_SECONDS = 0.2


def device_names(base: str, count: int) -> list[str]:
    """`base` alone, or `base-1` to `base-N`."""
    return [base] if count == 1 else [f"{base}-{number}" for number in range(1, count + 1)]


def run_fleet(devices: Sequence[SimulatedDevice], stop: threading.Event, *, once: bool) -> bool:
    """True when every device did what it should. Ctrl-C sets `stop` and lets them say goodbye."""
    endings: list[Ending] = []
    threads = [
        threading.Thread(
            target=_live, args=(device.run_once if once else device.run, endings), daemon=True
        )
        for device in devices
    ]
    for thread in threads:
        thread.start()
    try:
        _wait(threads)
    except KeyboardInterrupt:
        stop.set()
        for thread in threads:
            thread.join(_GRACE_SECONDS)
    return endings == [Ending.DONE] * len(devices)


def _live(life: Callable[[], Ending], endings: list[Ending]) -> None:
    endings.append(life())


def _wait(threads: Sequence[threading.Thread]) -> None:
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(_TICK_SECONDS)
