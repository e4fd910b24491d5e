"""What all connections of a process share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from registration.listener.admission import Gate
from registration.listener.batcher import Batcher
from registration.listener.meter import Meter
from registration.listener.revocations import Revocations
from registration.listener.router import Router
from registration.listener.session import Session
from registration.listener.sessions import Sessions
from registration.listener.slots import Slots
from registration.listener.work import Request

if TYPE_CHECKING:
    from registration.listener.connection import Connection


@dataclass(slots=True)
class Hub:
    """`now` is the event loop's clock, in seconds."""

    listener: UUID
    now: Callable[[], float]
    batcher: Batcher
    gate: Gate
    slots: Slots
    sessions: Sessions
    router: Router
    revocations: Revocations
    connections: set["Connection"] = field(default_factory=set)
    meter: Meter = field(default_factory=Meter)
    # Once set, the ends of sessions are recorded all together by whoever stops the process.
    stopping: bool = False

    def record(self, request: Request) -> None:
        """Write an event or the end of a session."""
        if not self.stopping:
            self.batcher.record(request)

    def uplink(self, sender: Session, topic: str, payload: bytes, qos: int) -> None:
        """Hand on what a device published."""
        self.router.uplink(sender, topic, payload, qos)

    def sweep(self) -> None:
        """Let the connections whose time is up know it. One pass instead of a timer for each."""
        now = self.now()
        for connection in [c for c in self.connections if c.deadline <= now]:
            connection.expire()
