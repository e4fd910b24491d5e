"""Connections that have sent more than is done at once.

A connection works for one slice when it is read, and what is left waits here, unread. However many
wait, they share one slice between two pauses, a fifth of the loop's time at most, and less the more
others have to do: a device that pings does not feel it, and the database's thread gets on with its
transactions.
"""

import asyncio
from collections import deque
from typing import Protocol

# Seconds of one slice; a packet that has been begun is finished. A device's usual packet takes a
# hundredth of it.
SLICE = 0.00025
# Seconds between slices of those that wait.
PAUSE = 0.001
# A turn that comes late says that others need the loop: the next pause is longer by so many times
# the delay.
YIELDING = 4


class Busy(Protocol):
    def go_on(self) -> None:
        """Work for another slice. Joins the backlog again when something is left."""

    def abort(self) -> None: ...


class Backlog:
    """Used on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Busy] = deque()
        self._due = 0.0  # the next turn, by the loop's clock

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, busy: Busy) -> None:
        """At the end, and once: whoever waits must not be added again."""
        if not self._waiting:
            self._rest(PAUSE)
        self._waiting.append(busy)

    def _turn(self) -> None:
        busy, late = self._waiting[0], self._loop.time() - self._due
        try:
            busy.go_on()
        except Exception as error:
            context = {"message": "connection failed", "exception": error}
            self._loop.call_exception_handler(context)
            busy.abort()
        finally:
            # Only now, so that nobody who joins meanwhile asks for a second turn.
            self._waiting.popleft()
            if self._waiting:
                self._rest(PAUSE + YIELDING * late)

    def _rest(self, seconds: float) -> None:
        self._due = self._loop.time() + seconds
        self._loop.call_at(self._due, self._turn)
