"""Throttle per key: so many times within a window."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_SECONDS = 60.0
# One entry takes about 300 bytes; the least recently used one goes first.
MAX_KEYS = 20_000

Clock = Callable[[], float]  # seconds, never set back


@dataclass(slots=True)
class _Window:
    """Times counted for one key since `opened`; `told` once its excess has been reported."""

    opened: float
    count: int = 0
    told: bool = False


class Throttle:
    """Times per key, in this process, within a fixed window from the first one.

    Keys are kept as keyed hashes, bounded in number. Any thread may use it.
    """

    def __init__(
        self,
        limit: int = 1,
        *,
        window: float = WINDOW_SECONDS,
        max_keys: int = MAX_KEYS,
        clock: Clock = time.monotonic,
    ) -> None:
        self.limit = limit
        self._window = window
        self._max_keys = max_keys
        self._clock = clock
        self._salt = secrets.token_bytes(16)
        self._windows: OrderedDict[bytes, _Window] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._windows)

    def take(self, *key: str) -> bool:
        """Whether `key` is within its limit. If so, count it."""
        digest = self._digest(key)
        with self._lock:
            window = self._current(digest)
            if window is not None and window.count >= self.limit:
                return False
            self._count(digest, window)
        return True

    def add(self, *key: str) -> None:
        """Count `key`, be it within its limit or beyond."""
        digest = self._digest(key)
        with self._lock:
            self._count(digest, self._current(digest))

    def counted(self, *key: str) -> bool:
        """Whether `key` was counted at all in its window."""
        return self._times(key) > 0

    def exceeded(self, *key: str) -> bool:
        """Whether `key` has used up what its window allows."""
        return self._times(key) >= self.limit

    def tell(self, *key: str) -> bool:
        """True once per window: the caller then reports the excess."""
        digest = self._digest(key)
        with self._lock:
            window = self._current(digest)
            if window is None or window.told:
                return False
            window.told = True
        return True

    def _times(self, key: tuple[str, ...]) -> int:
        if not self._windows:  # the normal case costs nothing
            return 0
        digest = self._digest(key)
        with self._lock:
            window = self._current(digest)
        return window.count if window else 0

    def _count(self, digest: bytes, window: _Window | None) -> None:
        if window is None:
            window = self._windows[digest] = _Window(self._clock())
            if len(self._windows) > self._max_keys:
                self._windows.popitem(last=False)
        window.count += 1

    def _current(self, digest: bytes) -> _Window | None:
        window = self._windows.get(digest)
        if window is None:
            return None
        if self._clock() - window.opened >= self._window:
            del self._windows[digest]
            return None
        self._windows.move_to_end(digest)
        return window

    def _digest(self, key: tuple[str, ...]) -> bytes:
        text = "\0".join(key).encode(errors="replace")
        return hashlib.blake2b(text, digest_size=16, key=self._salt).digest()
