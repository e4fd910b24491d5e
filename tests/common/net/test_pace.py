"""Peers that trickle are read the more rarely; others never wait."""

from common.net.pace import BURST, PER_SECOND, Pace


def waited(pieces: int, size: int, *, every: float = 0.0) -> float:
    """Seconds of waiting after so many reads of one piece, `every` so many seconds."""
    pace, now, total = Pace(0.0), 0.0, 0.0
    for _ in range(pieces):
        now += every
        wait = pace.spend(1, size, now)
        now, total = now + wait, total + wait
    return total


def test_a_request_in_few_pieces_waits_for_nothing() -> None:
    assert waited(int(BURST), 1) == 0


def test_large_pieces_wait_for_nothing_however_many() -> None:
    assert waited(100_000, 1400) == 0


def test_single_bytes_are_read_at_a_bounded_rate() -> None:
    seconds = (10_000 - BURST) / PER_SECOND
    assert seconds * 0.9 < waited(10_000, 1) < seconds * 1.1


def test_many_records_in_one_read_count_each() -> None:
    assert Pace(0.0).spend(2 * int(BURST), 512, 0.0) > BURST * 0.9 / PER_SECOND


def test_who_has_been_quiet_has_no_more_than_the_burst() -> None:
    pace = Pace(0.0)
    assert pace.spend(int(BURST), 0, 1000.0) == 0
    assert pace.spend(1, 0, 1000.0) > 0
