"""Whose handshake is next."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

from registration.listener.handshakes import AT_ONCE, Handshakes


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


def asked(*origins: str) -> tuple[Turns, list[str]]:
    """These ask in this order; second, who has begun."""
    turns, begun = Turns(), list[str]()
    handshakes = Handshakes(cast("asyncio.AbstractEventLoop", turns))
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
