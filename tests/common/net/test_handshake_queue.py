"""The order in which TLS handshakes begin."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

import pytest

from common.net import fair_queue
from common.net.handshake_queue import AT_ONCE, FOR_STRANGERS, HandshakeQueue


class Turns:
    """A loop that takes its turns when the test says so."""

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []

    def call_soon(self, call: Callable[[], None]) -> None:
        self.due.append(call)

    def turn(self) -> None:
        due, self.due = self.due, []
        for call in due:
            call()


def asked(*origins: str, proven: tuple[str, ...] = ()) -> tuple[Turns, list[str]]:
    """These ask in this order; second, who has begun."""
    turns, begun = Turns(), list[str]()
    handshakes = HandshakeQueue(cast("asyncio.AbstractEventLoop", turns))
    for origin in proven:
        handshakes.proven(origin)
    for origin in origins:
        handshakes.ask(origin, partial(begun.append, origin))
    return turns, begun


def test_alone_it_begins_at_once() -> None:
    assert asked("a")[1] == ["a"]


def test_only_a_few_begin_in_one_turn() -> None:
    turns, begun = asked(*["a"] * (3 * AT_ONCE))
    for number in (1, 2, 3):
        assert len(begun) == number * AT_ONCE
        turns.turn()
    turns.turn()
    assert not turns.due


def test_of_a_flood_from_one_address_others_wait_for_one_handshake_each() -> None:
    turns, begun = asked(*["flood"] * 1000, "lamp", "pump")
    turns.turn()
    assert begun[AT_ONCE : AT_ONCE + 4] == ["flood", "lamp", "pump", "flood"]
    for _ in range(1000):
        turns.turn()
    assert len(begun) == 1002


def test_where_a_credential_was_good_before_waits_for_no_stranger() -> None:
    strangers = [f"stranger {n}" for n in range(100)]
    turns, begun = asked(*strangers, "lamp", "pump", proven=("pump", "lamp"))
    turns.turn()
    assert begun[AT_ONCE : AT_ONCE + 3] == ["lamp", "pump", f"stranger {AT_ONCE}"]


def test_of_each_turn_strangers_have_a_part_however_many_come_before_them() -> None:
    turns, begun = asked(*["site"] * 100, "a", "b", "c", proven=("site",))
    for _ in range(2):
        turns.turn()
    assert begun[AT_ONCE:] == [
        *["site"] * (AT_ONCE - FOR_STRANGERS),
        *("a", "b"),
        *["site"] * (AT_ONCE - FOR_STRANGERS),
        *("c", "site"),
    ]
    for _ in range(100):
        turns.turn()
    assert len(begun) == 103


def test_addresses_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "MAX_REGULARS", 2)
    turns, begun = asked(*["x"] * AT_ONCE, "a", "b", "c", proven=("a", "b", "a", "c"))
    turns.turn()
    assert begun[AT_ONCE:] == ["a", "c", "b"]
