"""All connections of one process: their places, their handshakes and their deadlines."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from common.net.connection_limits import Slot, Slots
from common.net.handshake_queue import HandshakeQueue
from common.net.tls_transport import TlsTransport


class Timed(Protocol):
    @property
    def deadline(self) -> float: ...  # by the event loop's clock, in seconds


class Open(Timed, Protocol):
    """A connection that its protocol has been given."""

    def expire(self) -> None: ...


T = TypeVar("T", bound=Timed)
C = TypeVar("C", bound=Open)
# Connections ended in one go, which takes a millisecond, and the pause in seconds before the next:
# thousands that came together expire together, and the others should hardly feel it.
_AT_ONCE = 16
_PAUSE = 0.002
_TICK = 0.05


@dataclass(slots=True)
class Peers(Generic[C]):
    """Used on the loop's thread. `now` is the event loop's clock, in seconds."""

    now: Callable[[], float]
    slots: Slots
    handshakes: HandshakeQueue
    connections: set[C] = field(default_factory=set)
    # Their handshake is not through.
    opening: set[TlsTransport] = field(default_factory=set)
    accepted: int = 0
    # Closed because no slot was free, or before TLS was established.
    turned_away: int = 0
    unopened: int = 0

    def shake_hands(self, slot: Slot, begin: Callable[[], None]) -> None:
        """Call `begin` when it is the turn of the connection in `slot`."""

        def begun() -> None:
            self.slots.begun(slot)
            begin()

        self.handshakes.ask(slot.origin or "", begun)

    def prove(self, slot: Slot) -> None:
        """The connection in `slot` has shown a good credential."""
        self.slots.prove(slot)
        if slot.origin is not None:
            self.handshakes.proven(slot.origin)

    async def sweep(self) -> None:
        """Expire what is overdue. One pass replaces a timer for each connection."""
        await self._end_overdue(self.opening, lambda one: one.abort())
        await self._end_overdue(self.connections, lambda one: one.expire())

    async def _end_overdue(self, those: set[T], end: Callable[[T], None]) -> None:
        now = self.now()
        overdue = [one for one in those if one.deadline <= now]
        for start in range(0, len(overdue), _AT_ONCE):
            for one in overdue[start : start + _AT_ONCE]:
                # Meanwhile it may have gone, or have been heard of.
                if one in those and one.deadline <= now:
                    end(one)
            await asyncio.sleep(_PAUSE)


async def until(condition: Callable[[], bool], within: float) -> None:
    """Return when `condition` holds, or after so many seconds."""
    for _ in range(round(within / _TICK)):
        if condition():
            return
        await asyncio.sleep(_TICK)
