"""Throttle: so many times per key within a window."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.ops.throttle import Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_key_is_taken_so_many_times_in_its_window(clock: Clock) -> None:
    throttle = Throttle(2, clock=clock)
    taken = []
    for seconds in (0, 1, 58.9, 0.1, 1):
        clock.now += seconds
        taken.append((throttle.take("a"), throttle.take("a", "b")))
    assert taken == [(due, due) for due in (True, True, False, True, True)]


def test_threads_together_take_no_more_than_the_limit() -> None:
    throttle = Throttle(100)
    taken: list[bool] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(throttle.take() for _ in range(100)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 100


def test_a_key_is_exceeded_when_its_window_has_the_limit_of_times(clock: Clock) -> None:
    throttle = Throttle(3, clock=clock)
    for _ in range(2):
        throttle.add("key")
    assert not throttle.exceeded("key")
    throttle.add("key")
    assert throttle.exceeded("key")
    assert not throttle.exceeded("other")


def test_after_a_minute_the_count_starts_anew(clock: Clock) -> None:
    throttle = Throttle(1, clock=clock)
    throttle.add("key")
    clock.now += 59.9
    assert throttle.exceeded("key")
    clock.now += 0.1
    assert not throttle.exceeded("key")
    assert not throttle.counted("key")


def test_an_excess_is_told_once_per_window(clock: Clock) -> None:
    throttle = Throttle(1, clock=clock)
    assert not throttle.tell("key")
    throttle.add("key")
    assert [throttle.tell("key") for _ in range(3)] == [True, False, False]
    clock.now += 60
    throttle.add("key")
    assert throttle.tell("key")


def test_memory_is_bounded_and_the_least_recently_used_key_goes(clock: Clock) -> None:
    throttle = Throttle(1, max_keys=100, clock=clock)
    throttle.add("kept")
    for number in range(1000):
        throttle.add(f"flood-{number}")
        assert throttle.counted("kept")
    assert len(throttle) == 100


def test_keys_are_not_kept_in_clear(clock: Clock) -> None:
    throttle = Throttle(1, clock=clock)
    throttle.add("192.0.2.1", "lamp-0001")
    assert b"192.0.2.1" not in b"".join(throttle._windows)
    assert all(len(key) == 16 for key in throttle._windows)


@given(st.lists(st.text(), max_size=4))
def test_any_text_may_be_a_key(key: list[str]) -> None:
    throttle = Throttle(1)
    throttle.add(*key)
    assert throttle.exceeded(*key)
