"""When a batch is worth waiting for: while requests come in numbers, and only until they pause.

Over TLS requests arrive one handshake apart, so taking what waits would mean batches of two or
three, each with a commit of its own. Waiting a moment while they keep coming nearly halves the CPU
of an activation and raises their rate. What counts is requests whose credential was good, neither
open sockets nor bad signatures: nobody without a secret slows others down.
"""

import math
from collections.abc import Callable
from time import monotonic, sleep

# Requests in about the last second that did not come alone and so make a crowd. Below, a request
# waits for nothing; one device after the other never is a crowd, however fast they come.
CROWD = 50
# Seconds that a first request waits at most, and within which another must come.
LONGEST = 0.05
STEP = 0.01
# A batch of so many gains nothing from more.
ENOUGH = 100


class Crowd:
    """Used by one thread. `now` and `sleep` are in seconds."""

    def __init__(
        self,
        *,
        now: Callable[[], float] = monotonic,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        self._now = now
        self._pause = pause
        self._recent = 0.0
        self._at = now()

    def came(self, count: int) -> None:
        """`count` good requests were decided together. Older ones fade: to 37 % in a second."""
        now = self._now()
        recent = self._recent * math.exp(self._at - now) + max(0, count - 1)
        # However many there were, their crowd is gone 0.7 s after the last of them.
        self._recent = min(recent, 2.0 * CROWD)
        self._at = now

    def gather(self, waiting: Callable[[], int]) -> None:
        """Return at once, or when requests have paused, are enough, or the time is up."""
        if self._recent * math.exp(self._at - self._now()) < CROWD:
            return
        before, until = -1, self._now() + LONGEST
        while before < (count := waiting()) < ENOUGH and self._now() < until:
            before = count
            self._pause(STEP)
