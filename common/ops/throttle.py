"""Doing once in a while what everybody occasions all the time."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class OncePer:
    """Per key, once in `seconds`, in this process; keys beyond `most` are forgotten, oldest first.

    Two threads at the same moment may both be due.
    """

    def __init__(
        self,
        seconds: float,
        *,
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._done: OrderedDict[tuple[str, ...], float] = OrderedDict()

    @contextmanager
    def due(self, *key: str) -> Iterator[bool]:
        """Whether it is due. It stays so when what is done about it fails."""
        now = self._clock()
        done = self._done.get(key)
        due = done is None or now - done >= self._seconds
        yield due
        if due:
            self._done[key] = now
            self._done.move_to_end(key)
            while len(self._done) > self._most:
                self._done.popitem(last=False)
