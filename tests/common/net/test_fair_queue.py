"""The order in which the fair queue serves its origins."""

import pytest

from common.net import fair_queue
from common.net.fair_queue import FairQueue, Regulars


def queue(*origins: str, regulars: tuple[str, ...] = ()) -> FairQueue[str]:
    known = Regulars()
    for one in regulars:
        known.add(one)
    waiting = FairQueue[str](known)
    for number, origin in enumerate(origins):
        waiting.add(origin, f"{origin}{number}")
    return waiting


def served(waiting: FairQueue[str], stranger_every: int = 1000) -> list[str]:
    order: list[str] = []
    while waiting:
        order.append(waiting.pop(stranger=len(order) % stranger_every == stranger_every - 1))
    return order


def test_origins_are_served_in_turn() -> None:
    assert served(queue("a", "a", "a", "b", "c", "b")) == ["a0", "b3", "c4", "a1", "b5", "a2"]


def test_those_who_were_good_before_come_first() -> None:
    assert served(queue("x", "y", "a", regulars=("a",))) == ["a2", "x0", "y1"]


def test_strangers_have_their_share() -> None:
    order = served(queue("a", "a", "a", "x", regulars=("a",)), stranger_every=2)
    assert order == ["a0", "x3", "a1", "a2"]


def test_of_too_many_regulars_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "MAX_REGULARS", 2)
    assert served(queue("a", "b", "c", regulars=("a", "b", "a", "c"))) == ["a0", "c2", "b1"]
