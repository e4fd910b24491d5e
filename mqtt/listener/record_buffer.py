"""Records on their way to the batcher: they wait a moment for others, to share a transaction.

In a flood of refusals each would have a commit of its own, and good devices wait for the disk.
"""

import asyncio
from collections.abc import Callable

from devices.operations.sessions import SessionEnd
from mqtt.listener.dispatch import Request

# Seconds that a record waits at most.
LONGEST = 0.05


class Records:
    """Used on the loop's thread; `put` gets each of them, in their order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, put: Callable[[Request], None]) -> None:
        self._loop = loop
        self._put = put
        self._waiting: list[Request] = []
        self._urgent = False  # whether the next request has to come behind one of them
        self._about_to = False  # whether they are handed over in a moment

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, record: Request) -> None:
        self._waiting.append(record)
        # It stands in the log before the beginning of the device's next session.
        self._urgent |= isinstance(record, SessionEnd)
        if not self._about_to:
            self._about_to = True
            self._loop.call_later(LONGEST, self._time_is_up)

    def before_a_request(self) -> None:
        if self._urgent:
            self.hand_over()

    def hand_over(self) -> None:
        for record in self._waiting:
            self._put(record)
        self._waiting.clear()
        self._urgent = False

    def _time_is_up(self) -> None:
        self._about_to = False
        self.hand_over()
