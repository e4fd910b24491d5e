"""The statistics that judge measured times."""

import math
import random

import pytest

from bench.timing.welch import LIMIT, compare, interleaved, welch

SEED = 20


def times(count: int, *, more: float = 0.0, seed: int = SEED) -> list[float]:
    """As a machine takes them: a hundred microseconds, a long tail, now and then much more."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    return [
        100.0 + more + chance.expovariate(1 / 20) + (5000.0 if chance.random() < 0.01 else 0.0)
        for _ in range(count)
    ]


def test_t_is_what_the_books_say() -> None:
    # Welch's own example of unequal variances, computed by hand.
    one, two = [1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0]
    t, difference, error = welch(one, two)
    assert difference == -2.5
    assert error == pytest.approx(math.sqrt(5 / 3 / 4 + 20 / 3 / 4))
    assert t == pytest.approx(-2.5 / error)


def test_what_does_not_vary_differs_wholly_or_not_at_all() -> None:
    assert welch([1.0, 1.0], [1.0, 1.0])[0] == 0
    assert welch([2.0, 2.0], [1.0, 1.0])[0] == math.inf
    assert welch([1.0], [1.0, 2.0])[0] == 0


def test_equal_classes_do_not_differ() -> None:
    (pair,) = compare({"one": times(5000), "two": times(5000, seed=SEED + 1)})
    assert abs(pair.t) < LIMIT
    assert not pair.differs


def test_a_difference_that_the_slowest_times_bury_is_found_below_them() -> None:
    slow, fast = times(5000, more=3.0), times(5000, seed=SEED + 1)
    assert abs(welch(slow, fast)[0]) < LIMIT
    (pair,) = compare({"slow": slow, "fast": fast})
    assert pair.differs
    assert pair.difference > pair.detectable > 0


def test_every_two_classes_are_compared() -> None:
    pairs = compare({name: times(10) for name in "abc"})
    assert [(pair.one, pair.two) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_classes_take_turns_in_an_order_nobody_can_foresee() -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same each time
    order = list(interleaved(["a", "b", "c"], 200, chance))
    rounds = [tuple(order[at : at + 3]) for at in range(0, len(order), 3)]
    assert all(sorted(one) == ["a", "b", "c"] for one in rounds)
    assert len(set(rounds)) == 6
