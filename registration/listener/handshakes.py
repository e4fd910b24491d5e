"""Whose TLS handshake is next: one of each address in turn, and only a few in one turn of the loop.

The server's part of a handshake takes longer than everything else a device asks for. Of a flood,
all would be done at once, and whoever comes last would wait for all of them.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable

# In one turn of the loop: some three milliseconds.
AT_ONCE = 8

Begin = Callable[[], None]


class Handshakes:
    """Used on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: OrderedDict[str, deque[Begin]] = OrderedDict()
        self._left = AT_ONCE
        self._asked_back = False

    def ask(self, origin: str, begin: Begin) -> None:
        """Call `begin` when it is its turn, at once if nobody waits."""
        self._waiting.setdefault(origin, deque()).append(begin)
        self._go_on()

    def _go_on(self) -> None:
        while self._left and self._waiting:
            self._left -= 1
            self._next()()
        if not self._asked_back:
            self._asked_back = True
            self._loop.call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._left, self._asked_back = AT_ONCE, False
        if self._waiting:
            self._go_on()

    def _next(self) -> Begin:
        """The first of the address that has waited for longest; its others go to the end."""
        origin, waiting = self._waiting.popitem(last=False)
        begin = waiting.popleft()
        if waiting:
            self._waiting[origin] = waiting
        return begin
