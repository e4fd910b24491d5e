"""Whose TLS handshake is next: one of each address in turn, and only a few in one turn of the loop.

The server's part of a handshake takes longer than everything else a device asks for. Of a flood,
all would be done at once, and whoever comes last would wait for all of them. Addresses from where a
credential was good before come first; strangers keep a part of every turn, so that nobody waits for
ever.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable

# In one turn of the loop, some three milliseconds; of them for strangers that wait, at least.
AT_ONCE = 8
FOR_STRANGERS = 2
# Addresses remembered; the one whose last good credential is oldest goes first.
MAX_REGULARS = 20_000

Begin = Callable[[], None]


class _Line:
    """Those who wait, by origin."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[Begin]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, origin: str, begin: Begin) -> None:
        self._waiting.setdefault(origin, deque()).append(begin)

    def pop(self) -> Begin:
        """The first of the origin that has waited for longest; its others go to the end."""
        origin, waiting = self._waiting.popitem(last=False)
        begin = waiting.popleft()
        if waiting:
            self._waiting[origin] = waiting
        return begin


class HandshakeQueue:
    """Used on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._regulars: OrderedDict[str, None] = OrderedDict()
        self._of_regulars = _Line()
        self._of_strangers = _Line()
        self._left = AT_ONCE
        self._asked_back = False

    def proven(self, origin: str) -> None:
        """A credential from there was good."""
        self._regulars[origin] = None
        self._regulars.move_to_end(origin)
        if len(self._regulars) > MAX_REGULARS:
            self._regulars.popitem(last=False)

    def ask(self, origin: str, begin: Begin) -> None:
        """Call `begin` when it is its turn, at once if nobody waits."""
        line = self._of_regulars if origin in self._regulars else self._of_strangers
        line.add(origin, begin)
        self._go_on()

    def _go_on(self) -> None:
        while self._left and (line := self._next()):
            self._left -= 1
            line.pop()()
        if not self._asked_back:
            self._asked_back = True
            self._loop.call_soon(self._next_turn)

    def _next(self) -> _Line:
        kept = FOR_STRANGERS if self._of_strangers else 0
        return self._of_regulars if self._of_regulars and self._left > kept else self._of_strangers

    def _next_turn(self) -> None:
        self._left, self._asked_back = AT_ONCE, False
        if self._of_regulars or self._of_strangers:
            self._go_on()
