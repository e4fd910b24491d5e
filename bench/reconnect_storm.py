"""Devices that stay connected, and all come back when they were lost together."""

import heapq
import itertools
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from bench.conversation import Conversation, Target
from bench.load import LoadError, Loop, without_collector

# Begun before the others are looked after.
_HANDFUL = 256
# What a device waits after an attempt that failed.
RETRY_SECONDS = 1.0
_GIVE_UP_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """Seconds until each was online, in ascending order; attempts that failed, by what happened."""

    seconds: Sequence[float]
    failures: Counter[str]

    def percentile(self, share: float) -> float:
        return self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


class Crowd:
    """Use it in a `with`; its end cuts all connections."""

    def __init__(self, target: Target, conversations: Sequence[Conversation]) -> None:
        self._target = target
        self._conversations = conversations
        self._loop = Loop(target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._loop.close()

    def lose(self) -> None:
        """All connections break at once."""
        self._loop.close()
        self._loop = Loop(self._target)

    def come(self, at_once: int | None = None) -> Arrival:
        """All of them, `at_once` at a time or all together. An attempt that fails is repeated."""
        with without_collector():
            return _Coming(self._loop, self._conversations, at_once).all()

    @property
    def still_there(self) -> int:
        """How many connections are open, as far as this side knows."""
        self._loop.answered(0)
        return len(self._loop.talks)


class _Coming:
    def __init__(
        self, loop: Loop, conversations: Sequence[Conversation], at_once: int | None
    ) -> None:
        self._loop = loop
        self._at_once = at_once or len(conversations)
        self._count = len(conversations)
        self._order = itertools.count()
        self._began = time.perf_counter()
        # When each may try, in this order.
        self._due = [(self._began, next(self._order), talk) for talk in conversations]
        self._trying = 0

    def all(self) -> Arrival:
        seconds: list[float] = []
        while len(seconds) < self._count:
            now = time.perf_counter()
            if now - self._began > _GIVE_UP_SECONDS:
                raise LoadError(f"{len(seconds)} came online, the others: {self._loop.failures}")
            busy = self._begin(now)
            done, failed = self._loop.answered(0 if busy else 0.1)
            seconds += [time.perf_counter() - self._began] * len(done)
            self._trying -= len(done) + len(failed)
            for talk in failed:
                self._again(talk.conversation)
        return Arrival(seconds, self._loop.failures)

    def _begin(self, now: float) -> bool:
        """A handful of those whose time has come; whether there may be more."""
        for _ in range(_HANDFUL):
            if not self._due or self._due[0][0] > now or self._trying >= self._at_once:
                return False
            conversation = heapq.heappop(self._due)[2]
            if self._loop.begin(conversation):
                self._trying += 1
            else:
                self._again(conversation)
        return True

    def _again(self, conversation: Conversation) -> None:
        when = time.perf_counter() + RETRY_SECONDS
        heapq.heappush(self._due, (when, next(self._order), conversation))
