"""What all connections of a process share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import UUID

from registration.listener.admission import Gate
from registration.listener.backlog import Backlog
from registration.listener.batcher import Batcher
from registration.listener.examiner import Examiner
from registration.listener.handshakes import Handshakes
from registration.listener.meter import Meter
from registration.listener.revocations import Revocations
from registration.listener.router import Router
from registration.listener.session import Session
from registration.listener.sessions import Sessions
from registration.listener.slots import Slot, Slots
from registration.listener.work import Request

if TYPE_CHECKING:
    from registration.listener.connection import Connection
    from registration.listener.tls import TlsTransport


class _Timed(Protocol):
    @property
    def deadline(self) -> float: ...  # by the event loop's clock, in seconds


T = TypeVar("T", bound=_Timed)
# Connections that are ended at one go, which takes a millisecond, and the seconds until the next
# are: thousands that came together are over together, and others shall hardly feel it.
_AT_ONCE = 16
_PAUSE = 0.002


@dataclass(slots=True)
class Hub:
    """`now` is the event loop's clock, in seconds."""

    listener: UUID
    now: Callable[[], float]
    batcher: Batcher
    examiner: Examiner
    gate: Gate
    slots: Slots
    handshakes: Handshakes
    backlog: Backlog
    sessions: Sessions
    router: Router
    revocations: Revocations
    connections: set["Connection"] = field(default_factory=set)
    # Those whose handshake is not through.
    opening: set["TlsTransport"] = field(default_factory=set)
    meter: Meter = field(default_factory=Meter)
    # Once set, the ends of sessions are recorded all together by whoever stops the process.
    stopping: bool = False

    def record(self, request: Request) -> None:
        """Write an event or the end of a session."""
        if not self.stopping:
            self.batcher.record(request)

    def shake_hands(self, slot: Slot, begin: Callable[[], None]) -> None:
        """Call `begin` when it is the turn of the connection in `slot`."""

        def begun() -> None:
            self.slots.begun(slot)
            begin()

        self.handshakes.ask(slot.origin or "", begun)

    def prove(self, slot: Slot) -> None:
        """The credential of the connection in `slot` was good."""
        self.slots.prove(slot)
        if slot.origin is not None:
            self.handshakes.proven(slot.origin)

    def uplink(self, sender: Session, topic: str, payload: bytes, qos: int) -> None:
        """Hand on what a device published."""
        self.router.uplink(sender, topic, payload, qos)

    async def sweep(self) -> None:
        """Let the connections whose time is up know it. One pass instead of a timer for each.

        A few at a time, so that others have their turn in between.
        """
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
