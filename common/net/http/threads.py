"""A few threads, for which requests wait in turn by where they come from."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from common.net.fair_queue import FairQueue, Regulars
from common.ops.error_log import describe

logger = logging.getLogger(__name__)

# One of so many that begin is a stranger's, however many regulars wait. One of so many threads is
# for regulars alone: strangers may make all others wait for something, a password's hash perhaps.
_STRANGER_EVERY = 4
_OF_REGULARS = 4

Work = Callable[[], None]


class FairThreads:
    """`submit` and `stop` on the loop's thread."""

    def __init__(self, number: int, loop: asyncio.AbstractEventLoop, regulars: Regulars) -> None:
        self._loop = loop
        self._executor = ThreadPoolExecutor(number, "request")
        self._regulars = regulars
        self._waiting = FairQueue[tuple[str, Work]](regulars)
        self._free = number
        self._for_strangers = number - number // _OF_REGULARS
        self._begun = 0

    def submit(self, origin: str, work: Work) -> None:
        """Have it done when it is the origin's turn. What it raises is logged."""
        self._waiting.add(origin, (origin, work))
        self._go_on()

    def call(self, function: Callable[..., None], *values: Any) -> None:
        """On the loop, from any thread. When the loop has ended, nobody waits for it."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *values)

    def stop(self) -> None:
        """Begin nothing more."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _go_on(self) -> None:
        while self._free and self._somebody_may():
            turn = self._begun % _STRANGER_EVERY == _STRANGER_EVERY - 1
            origin, work = self._waiting.pop(stranger=turn and self._for_strangers > 0)
            stranger = origin not in self._regulars
            self._free -= 1
            self._for_strangers -= stranger
            self._begun += 1
            self._executor.submit(self._work, work, stranger)

    def _somebody_may(self) -> bool:
        return self._waiting.regulars_wait or (self._for_strangers > 0 and bool(self._waiting))

    def _work(self, work: Work, stranger: bool) -> None:
        try:
            work()
        except Exception as error:
            logger.error("a request failed: %s", describe(error))
        finally:
            self.call(self._done, stranger)

    def _done(self, stranger: bool) -> None:
        self._free += 1
        self._for_strangers += stranger
        self._go_on()
