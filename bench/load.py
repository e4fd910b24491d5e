"""The load: many short MQTT conversations at once, each until the answer that counts has come."""

import gc
import select
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench.conversation import Conversation, Talk, TalkError, Target, begin

# A conversation that takes longer counts as failed.
PATIENCE_SECONDS = 30.0
# How often those that wait are looked through, and the longest that nothing is looked at.
_LOOK_SECONDS = 1.0
_EVENTS = 1024


class LoadError(Exception):
    """Conversations failed; the text counts them by what happened."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds by the clock in all, of each conversation in ascending order, and the load's CPU.

    `answers` are to be judged later: reading them meanwhile would cost the load time.
    """

    seconds: float
    latencies: Sequence[float]
    cpu_seconds: float
    answers: Sequence[tuple[Conversation, bytes]]

    @property
    def count(self) -> int:
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    def percentile(self, share: float) -> float:
        """Seconds."""
        return self.latencies[min(self.count - 1, int(share * self.count))]


class Loop:
    """Talks that wait for the server, on one epoll. Failures are counted by what happened."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._epoll = select.epoll()
        self.talks: dict[int, Talk] = {}
        self.failures: Counter[str] = Counter()
        self._looked = time.perf_counter()

    def begin(self, conversation: Conversation) -> bool:
        """False when it fails at once, which is counted."""
        try:
            talk = begin(self._target, conversation)
        except (TalkError, OSError) as error:
            self._failed(error)
            return False
        self.talks[talk.fileno()] = talk
        self._epoll.register(talk.fileno(), select.EPOLLOUT if talk.wants_write else select.EPOLLIN)
        return True

    def answered(self, timeout: float) -> tuple[list[Talk], list[Talk]]:
        """Those whose answer has come, still open, and those that failed, closed."""
        done: list[Talk] = []
        failed: list[Talk] = []
        for descriptor, _ in self._epoll.poll(timeout, _EVENTS):
            talk = self.talks[descriptor]
            try:
                writes, before = talk.wants_write, talk.answered
                if talk.advance() and not before:
                    done.append(talk)
                elif writes and not talk.wants_write:
                    self._epoll.modify(descriptor, select.EPOLLIN)
            except (TalkError, OSError) as error:
                self._fail(talk, error, failed)
        failed += self._impatient()
        return done, failed

    def forget(self, talk: Talk) -> Talk:
        """To be closed by the caller."""
        del self.talks[talk.fileno()]
        return talk

    def close(self) -> None:
        for talk in self.talks.values():
            talk.reset()
        self.talks.clear()
        self._epoll.close()

    def _fail(self, talk: Talk, error: Exception, failed: list[Talk]) -> None:
        self._failed(error)
        self.forget(talk).reset()
        failed.append(talk)

    def _failed(self, error: Exception) -> None:
        self.failures[str(error) if isinstance(error, TalkError) else type(error).__name__] += 1

    def _impatient(self) -> list[Talk]:
        now = time.perf_counter()
        failed: list[Talk] = []
        if now - self._looked > _LOOK_SECONDS:
            self._looked = now
            for talk in list(self.talks.values()):
                if not talk.answered and now - talk.started > PATIENCE_SECONDS:
                    self._fail(talk, TalkError("no answer in time"), failed)
        return failed


def hold(
    target: Target,
    conversations: Iterable[Conversation],
    at_once: int,
    seconds: float | None = None,
) -> Outcome:
    """Hold them, `at_once` at a time, and begin none after `seconds`.

    Raises LoadError when any failed.
    """
    loop, queue = Loop(target), iter(conversations)
    latencies: list[float] = []
    answers: list[tuple[Conversation, bytes]] = []
    with without_collector():
        cpu, started = time.process_time(), time.perf_counter()
        until = started + seconds if seconds else float("inf")
        _begin(loop, queue, at_once, until)
        while loop.talks and not loop.failures:
            done, _ = loop.answered(_LOOK_SECONDS)
            now = time.perf_counter()
            for talk in done:
                latencies.append(now - talk.started)
                answers.append((talk.conversation, talk.answer))
                loop.forget(talk).close()
                _begin(loop, queue, 1, until)
        took, cpu = time.perf_counter() - started, time.process_time() - cpu
    loop.close()
    if loop.failures or not latencies:
        raise LoadError(f"{len(latencies)} went well, the others: {dict(loop.failures)}")
    return Outcome(took, sorted(latencies), cpu, answers)


def _begin(loop: Loop, queue: Iterator[Conversation], count: int, until: float) -> None:
    for _ in range(count):
        conversation = next(queue, None) if time.perf_counter() < until else None
        if conversation is None:
            return
        loop.begin(conversation)


@contextmanager
def without_collector() -> Iterator[None]:
    """Disable the cycle collector, which costs a tenth. The load's objects form no cycles."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
