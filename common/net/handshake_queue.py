"""Queue of TLS handshakes: one of each address in turn, and only a few in one turn of the loop.

The server's part of a handshake takes longer than everything else a device asks for. Of a flood,
all would be done at once, and whoever comes last would wait for all of them. Addresses from where a
credential was good before come first; strangers keep a part of every turn, so that nobody waits for
ever.
"""

import asyncio
from collections.abc import Callable

from common.net.fair_queue import FairQueue, Regulars

# In one turn of the loop, some 1.5 milliseconds; of them for strangers that wait, at least.
AT_ONCE = 4
FOR_STRANGERS = 2

Begin = Callable[[], None]


class HandshakeQueue:
    """Used on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.regulars = Regulars()
        self._waiting = FairQueue[Begin](self.regulars)
        self._left = AT_ONCE
        self._asked_back = False

    def proven(self, origin: str) -> None:
        """A credential from there was good."""
        self.regulars.add(origin)

    def ask(self, origin: str, begin: Begin) -> None:
        """Call `begin` when it is its turn, at once if nobody waits."""
        self._waiting.add(origin, begin)
        self._go_on()

    def _go_on(self) -> None:
        while self._left and self._waiting:
            begin = self._waiting.pop(stranger=self._left <= FOR_STRANGERS)
            self._left -= 1
            begin()
        if not self._asked_back:
            self._asked_back = True
            self._loop.call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._left, self._asked_back = AT_ONCE, False
        if self._waiting:
            self._go_on()
