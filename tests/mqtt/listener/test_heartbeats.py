"""Detection of dead listeners, with a test clock and without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from mqtt.listener.heartbeats import BLIND_SECONDS, MUTE_SECONDS, SILENCE_SECONDS, Watch
from mqtt.listener.liveness import BURY_SECONDS, HEARTBEAT_SECONDS

PEER, OTHER = UUID(int=1), UUID(int=2)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def beat(number: float) -> datetime:
    return EPOCH + timedelta(seconds=number)


def looks(watch: Watch, clock: Clock, seconds: float, beats: dict[UUID, datetime]) -> list[UUID]:
    """Look again and again for so long; what the last look found."""
    found: list[UUID] = []
    for _ in range(round(seconds / BURY_SECONDS)):
        clock.now += BURY_SECONDS
        watch.spoke()
        found = watch.silent(beats)
    return found


def test_a_heartbeat_that_stays_the_same_is_that_of_a_dead_one() -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    assert looks(watch, clock, SILENCE_SECONDS, {PEER: beat(0)}) == []
    assert looks(watch, clock, BURY_SECONDS, {PEER: beat(0)}) == [PEER]


def test_one_whose_clock_is_wrong_or_set_back_lives_as_long_as_it_says_something_new() -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    for turn in range(20):
        # An hour ahead, then a day behind, then standing a microsecond off.
        said = [3600, -86400, 0.000001][turn % 3] + turn
        assert looks(watch, clock, HEARTBEAT_SECONDS, {PEER: beat(said)}) == []


def test_what_could_not_be_seen_counts_for_nobody() -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    looks(watch, clock, SILENCE_SECONDS, {PEER: beat(0)})
    clock.now += 60  # the database is away
    watch.spoke()
    assert watch.silent({PEER: beat(0)}) == []
    assert looks(watch, clock, SILENCE_SECONDS - BURY_SECONDS, {PEER: beat(0)}) == []
    assert looks(watch, clock, BURY_SECONDS, {PEER: beat(0)}) == [PEER]


def test_one_that_comes_and_goes_has_its_time_each_time() -> None:
    clock = Clock()
    watch = Watch(clock=clock)
    looks(watch, clock, SILENCE_SECONDS, {PEER: beat(0), OTHER: beat(0)})
    looks(watch, clock, BURY_SECONDS, {OTHER: beat(1)})
    assert looks(watch, clock, BURY_SECONDS, {PEER: beat(0), OTHER: beat(1)}) == []


@given(phase=st.floats(0, BURY_SECONDS), late=st.floats(0, 1), lived=st.floats(0, 60))
def test_a_device_is_offline_within_30_seconds_of_the_death_of_its_listener(
    phase: float, late: float, lived: float
) -> None:
    """The limit holds for any phase of the rounds, and for checks up to a second late."""
    clock = Clock()
    watch = Watch(clock=clock)
    begun, died = clock.now, clock.now + lived
    clock.now += phase
    spoke = -HEARTBEAT_SECONDS
    for _ in range(40):
        if clock.now - spoke >= HEARTBEAT_SECONDS:
            spoke = clock.now
            watch.spoke()
        last = min(clock.now, died) - begun
        found = watch.silent({PEER: beat(last // HEARTBEAT_SECONDS)})
        if found:
            assert clock.now > died
            assert clock.now - died < 30
            return
        clock.now += BURY_SECONDS + late
    raise AssertionError("never found")


def test_a_look_that_is_late_is_no_blindness() -> None:
    assert BLIND_SECONDS >= 2 * BURY_SECONDS
    assert 2 * BURY_SECONDS + SILENCE_SECONDS + 5 <= 30
    assert SILENCE_SECONDS >= 4 * HEARTBEAT_SECONDS
    assert HEARTBEAT_SECONDS + MUTE_SECONDS + HEARTBEAT_SECONDS < SILENCE_SECONDS


PHASES = st.floats(0, HEARTBEAT_SECONDS)


@given(mine=PHASES, theirs=PHASES, looks=st.floats(0, BURY_SECONDS), length=st.floats(0, 90))
def test_nobody_is_dead_who_speaks_again_when_that_can_be_written_again(
    mine: float, theirs: float, looks: float, length: float
) -> None:
    """All read the heartbeats meanwhile: of a full disk, or of a standby."""
    clock = Clock()
    watch, begun = Watch(clock=clock), clock.now
    beats = dict.fromkeys(("mine", "theirs"), HEARTBEAT_SECONDS) | {"look": BURY_SECONDS}
    due = {"mine": mine, "theirs": theirs, "look": looks}
    said = beat(0)
    while min(due.values()) < 60 + length + 60:
        kind = min(due, key=lambda name: due[name])
        clock.now = begun + due[kind]
        written = not 60 <= due[kind] < 60 + length
        due[kind] += beats[kind]
        if kind == "look":
            assert watch.silent({PEER: said}) == []
        elif written and kind == "mine":
            watch.spoke()
        elif written:
            said = beat(clock.now)
