"""Which listeners are dead: those whose heartbeat no longer changes.

What a heartbeat says does not count, only whether it is another one than before: two hosts do not
agree about the time, and any clock may be set. Time is counted on this process's own monotonic
clock, and only while the database could be read, and written by the process itself: an outage, a
full disk or a standby keeps everybody from saying that he lives, and nobody is to be buried for it.
"""

import math
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

# A heartbeat this old is no longer to be expected: four are missing.
SILENCE_SECONDS = 20.0
# Whoever has not looked for so long knows nothing, and begins anew.
BLIND_SECONDS = 7.5
# Nor does he whose own heartbeat could not be written for so long. The others may have been heard
# one heartbeat before that began, and may be one late when it is over.
MUTE_SECONDS = 9.0


class Watch:
    """`silent` is to be called again and again, with all heartbeats as they are now, and `spoke`
    after each heartbeat of one's own."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked = clock()
        self._spoke = -math.inf
        # The heartbeat last seen of each, and since when it has been the same.
        self._seen: dict[UUID, tuple[datetime, float]] = {}

    def spoke(self) -> None:
        now = self._clock()
        if now - self._spoke > MUTE_SECONDS:
            self._seen = {}
        self._spoke = now

    def silent(self, heartbeats: Mapping[UUID, datetime]) -> list[UUID]:
        now = self._clock()
        if now - self._spoke > MUTE_SECONDS:
            return []
        known = self._seen if now - self._looked <= BLIND_SECONDS else {}
        self._looked = now
        self._seen = {}
        for listener, heartbeat in heartbeats.items():
            before, since = known.get(listener, (None, now))
            self._seen[listener] = heartbeat, since if heartbeat == before else now
        return [
            listener
            for listener, (_, since) in self._seen.items()
            if now - since >= SILENCE_SECONDS
        ]
