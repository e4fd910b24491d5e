"""Throttle, per key."""

from contextlib import suppress

import pytest

from common.ops.throttle import OncePer


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def is_due(once: OncePer, *key: str) -> bool:
    with once.due(*key) as due:
        return due


def test_it_is_due_once_in_the_time_for_each_key(clock: Clock) -> None:
    once = OncePer(60, clock=clock)
    asked = []
    for clock.now in (0, 59.9, 60, 61, 120):
        asked.append((is_due(once, "a"), is_due(once, "a", "b")))
    assert asked == [(due, due) for due in (True, False, True, False, True)]


def test_it_stays_due_when_it_could_not_be_done(clock: Clock) -> None:
    once = OncePer(60, clock=clock)
    for _ in range(2):
        with suppress(OSError), once.due("a") as due:
            assert due
            raise OSError("disk full")


def test_of_too_many_keys_the_oldest_is_forgotten(clock: Clock) -> None:
    once = OncePer(60, most=2, clock=clock)
    for key in ("a", "b", "c"):
        assert is_due(once, key)
    assert [is_due(once, key) for key in ("c", "b", "a")] == [False, False, True]
