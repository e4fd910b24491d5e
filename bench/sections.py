"""Each section's figures by its name."""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping

from bench import brokers, idle, proxy, rawdb, speed
from bench.environment import Figure, Ground

Section = Callable[[Ground], Iterator[Figure]]

FIGURES: Mapping[str, Section] = {
    "speed": speed.sustained,
    "proxy": proxy.proxied,
    "alone": speed.alone,
    "storm": idle.storm,
    "idle": idle.idle,
    "database": rawdb.database,
    "brokers": brokers.brokers,
}


def run(ground: Ground, wanted: Iterable[str], take: Callable[[Figure], None]) -> bool:
    """Give `take` every figure. False when a section failed; the others are run all the same."""
    well = True
    for section in wanted:
        try:
            for figure in FIGURES[section](ground):
                take(figure)
        except Exception:
            traceback.print_exc()
            well = False
    return well
