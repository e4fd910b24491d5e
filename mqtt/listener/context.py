"""Services that all connections of a process share."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from common.net.peers import Open, Peers
from mqtt.listener.admission import Gate
from mqtt.listener.backlog import Backlog
from mqtt.listener.batcher import Batcher
from mqtt.listener.counters import Meter
from mqtt.listener.dispatch import Request
from mqtt.listener.refusal_examiner import Examiner
from mqtt.listener.revocations import Revocations
from mqtt.listener.router import Router
from mqtt.listener.session import Session
from mqtt.listener.sessions import Sessions


class Served(Open, Protocol):
    """A connection, as the process that ends it knows it."""

    @property
    def deciding(self) -> bool:
        """Whether the device waits for its CONNACK."""

    def stop(self) -> None: ...


@dataclass(slots=True)
class Hub:
    """Services that all connections of a process share."""

    listener: UUID
    batcher: Batcher
    examiner: Examiner
    gate: Gate
    peers: Peers[Served]
    backlog: Backlog
    sessions: Sessions
    router: Router
    revocations: Revocations
    meter: Meter = field(default_factory=Meter)
    # Once set, the ends of sessions are recorded all together by whoever stops the process.
    stopping: bool = False

    def now(self) -> float:
        """Seconds, by the event loop's clock."""
        return self.peers.now()

    def record(self, request: Request) -> None:
        """Write an event or the end of a session."""
        if not self.stopping:
            self.batcher.record(request)

    def uplink(self, sender: Session, topic: str, payload: bytes, qos: int) -> None:
        """Hand on what a device published."""
        self.router.uplink(sender, topic, payload, qos)
