"""Whether two classes of measured times differ: Welch's t-test, as dudect uses it.

The slowest measurements are noise from elsewhere (the scheduler, the disk) and bury a small
difference, so the test is repeated on what is left below a few common thresholds, and the largest
|t| counts. Above LIMIT the difference is no accident: of two equal classes one pair in a hundred
thousand gets there.
"""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

LIMIT = 4.5
# Shares of all measurements of a pair, from the fastest, that are compared.
KEPT = (1.0, 0.99, 0.9, 0.5)


@dataclass(frozen=True, slots=True)
class Pair:
    """`t` is the one furthest from zero. `difference` of the means and `detectable`, what would
    have made t reach LIMIT, are those of the same measurements and in their unit."""

    one: str
    two: str
    t: float
    difference: float
    detectable: float

    @property
    def differs(self) -> bool:
        return abs(self.t) >= LIMIT


def compare(times: Mapping[str, Sequence[float]]) -> list[Pair]:
    """Every two classes."""
    return [_pair(one, two, times[one], times[two]) for one, two in combinations(times, 2)]


def _pair(name: str, other: str, one: Sequence[float], two: Sequence[float]) -> Pair:
    found = [welch(*kept) for kept in _cropped(one, two)]
    t, difference, error = max(found, key=lambda result: abs(result[0]))
    return Pair(name, other, t, difference, LIMIT * error)


def _cropped(
    one: Sequence[float], two: Sequence[float]
) -> Iterator[tuple[list[float], list[float]]]:
    """The threshold comes from both together, so that it favours neither."""
    together = sorted([*one, *two])
    for share in KEPT:
        highest = together[max(0, math.ceil(share * len(together)) - 1)]
        yield [t for t in one if t <= highest], [t for t in two if t <= highest]


def welch(one: Sequence[float], two: Sequence[float]) -> tuple[float, float, float]:
    """t, the difference of the means, and its standard error; t is 0 of what cannot be compared."""
    if min(len(one), len(two)) < 2:
        return 0.0, 0.0, 0.0
    (mean_1, error_1), (mean_2, error_2) = _mean(one), _mean(two)
    difference, error = mean_1 - mean_2, math.sqrt(error_1 + error_2)
    if error == 0:
        return (math.copysign(math.inf, difference) if difference else 0.0), difference, 0.0
    return difference / error, difference, error


def _mean(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and its variance."""
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return mean, squares / (len(values) - 1) / len(values)


def interleaved(classes: Sequence[str], count: int, chance: random.Random) -> Iterator[str]:
    """`count` of each, shuffled round by round: what drifts meanwhile meets all of them alike."""
    for _ in range(count):
        yield from chance.sample(classes, len(classes))
