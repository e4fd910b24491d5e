"""A few threads, for which requests wait in turn by where they come from."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from iotconsole.kit.net.fair_queue import FairQueue, Regulars
from iotconsole.kit.outages import describe

logger = logging.getLogger(__name__)

# One of so many that begin is a stranger's, however many regulars wait.
_STRANGER_EVERY = 4

Work = Callable[[], None]


class FairThreads:
    """`submit` and `stop` on the loop's thread."""

    def __init__(self, number: int, loop: asyncio.AbstractEventLoop, regulars: Regulars) -> None:
        self._loop = loop
        self._executor = ThreadPoolExecutor(number, "request")
        self._waiting = FairQueue[Work](regulars)
        self._free = number
        self._begun = 0

    def submit(self, origin: str, work: Work) -> None:
        """Have it done when it is the origin's turn. What it raises is logged."""
        self._waiting.add(origin, work)
        self._go_on()

    def call(self, function: Callable[..., None], *values: Any) -> None:
        """On the loop, from any thread. When the loop has ended, nobody waits for it."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *values)

    def stop(self) -> None:
        """Begin nothing more."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _go_on(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            self._begun += 1
            work = self._waiting.pop(stranger=self._begun % _STRANGER_EVERY == 0)
            self._executor.submit(self._work, work)

    def _work(self, work: Work) -> None:
        try:
            work()
        except Exception as error:
            logger.error("a request failed: %s", describe(error))
        finally:
            self.call(self._done)

    def _done(self) -> None:
        self._free += 1
        self._go_on()
