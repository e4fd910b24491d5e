"""Detect addresses that take turns."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from findings.alternation import most_within, network_of, taking_turns
from tests.findings.sights import minutes

TEN = timedelta(minutes=10)


def seen(*visits: tuple[float, str]) -> list[tuple[datetime, str]]:
    return [(minutes(at), address) for at, address in visits]


def test_there_and_back_is_taking_turns() -> None:
    visits = seen((0, "192.0.2.1"), (1, "192.0.2.2"), (2, "192.0.2.1"))
    assert taking_turns(visits, TEN) == {"192.0.2.1", "192.0.2.2"}


@pytest.mark.parametrize(
    "visits",
    [
        seen((0, "192.0.2.1"), (1, "192.0.2.2")),
        seen((0, "192.0.2.1"), (1, "192.0.2.2"), (2, "192.0.2.2"), (3, "192.0.2.3")),
        seen((0, "192.0.2.1"), (1, "192.0.2.1"), (2, "192.0.2.1")),
        seen((0, "192.0.2.1"), (1, "192.0.2.2"), (11, "192.0.2.1")),
        seen((0, "8.8.8.1"), (1, "8.8.8.77"), (2, "8.8.8.1")),
        seen((0, "192.0.2.1"), (1, "2001:db8::1"), (2, "192.0.2.1")),
    ],
    ids=["moved", "moved twice", "stayed", "came home later", "carrier", "dual stack"],
)
def test_a_device_that_moves_takes_no_turns(visits: list[tuple[datetime, str]]) -> None:
    assert taking_turns(visits, TEN) == set()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.4.7", "10.0.4.7"),
        ("8.8.8.8", "8.8.8.0/24"),
        ("2a00:1450:4001:82a::200e", "2a00:1450:4001:82a::/64"),
        ("fd00::1", "fd00::1"),
    ],
)
def test_public_addresses_of_one_network_are_one_place(address: str, network: str) -> None:
    assert network_of(address) == network


@given(st.lists(st.integers(0, 100)), st.integers(0, 50))
def test_most_within_is_what_counting_every_stretch_gives(offsets: list[int], width: int) -> None:
    moments = [minutes(offset) for offset in sorted(offsets)]
    within = timedelta(minutes=width)
    every = [
        sum(0 <= (m - start).total_seconds() <= width * 60 for m in moments) for start in moments
    ]
    assert most_within(moments, within) == max(every, default=0)
