"""How long a request waits for company."""

from mqtt.listener.batch_window import CROWD, ENOUGH, LONGEST, STEP, Crowd


class Clock:
    """Time passes only while somebody pauses; `queue` says how many wait after each pause."""

    def __init__(self, *queue: int) -> None:
        self.time = 100.0
        self.pauses = 0
        self._queue = queue
        self.crowd = Crowd(now=lambda: self.time, pause=self._pass)

    def _pass(self, seconds: float) -> None:
        self.time += seconds
        self.pauses += 1

    def waiting(self) -> int:
        return self._queue[min(self.pauses, len(self._queue) - 1)]

    def gather(self) -> int:
        """How often it paused."""
        self.pauses = 0
        self.crowd.gather(self.waiting)
        return self.pauses


def test_alone_a_request_waits_for_nothing() -> None:
    clock = Clock(0)
    clock.crowd.came(1)
    assert clock.gather() == 0


def test_in_a_crowd_it_waits_while_others_keep_coming() -> None:
    clock = Clock(3, 5, 8, 8, 50)
    clock.crowd.came(CROWD + 1)
    assert clock.gather() == 3


def test_when_nobody_follows_it_waits_one_step() -> None:
    clock = Clock(0)
    clock.crowd.came(CROWD + 1)
    assert clock.gather() == 1


def test_enough_wait_for_nobody() -> None:
    clock = Clock(ENOUGH)
    clock.crowd.came(CROWD + 1)
    assert clock.gather() == 0


def test_nobody_waits_longer_than_the_limit() -> None:
    clock = Clock(*range(90))
    clock.crowd.came(CROWD + 1)
    started = clock.time
    clock.gather()
    assert LONGEST <= clock.time - started <= LONGEST + STEP


def test_a_crowd_of_any_size_has_dispersed_after_a_second() -> None:
    clock = Clock(0)
    clock.crowd.came(50 * CROWD)
    clock.time += 0.5
    assert clock.gather() == 1
    clock.time += 0.5
    assert clock.gather() == 0


def test_one_after_the_other_is_no_crowd_however_fast() -> None:
    clock = Clock(0)
    for _ in range(2000):
        clock.time += 0.001
        clock.crowd.came(1)
    assert clock.gather() == 0


def test_pairs_and_triples_in_numbers_are_a_crowd() -> None:
    clock = Clock(0)
    for _ in range(200):
        clock.time += 0.01
        clock.crowd.came(2)
    assert clock.gather() == 1
