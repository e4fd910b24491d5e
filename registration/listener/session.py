"""A device online: what it subscribed to, what is on its way to it, and its packets' answers."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from devices.models import ServiceType
from devices.operations import log
from devices.operations.authenticate import Admitted, ConnectionRequest
from devices.operations.sessions import SessionEnd
from devices.protocol import mqtt
from devices.protocol.topics import (
    MAX_SUBSCRIPTIONS,
    TopicAcl,
    filter_problem,
    matches,
    topic_problem,
)

MAX_IN_FLIGHT = 100  # messages at QoS 1 that the device has not acknowledged (protocol.md 5.3)
# Denied topics logged per session and minute: a device may repeat its mistake for ever.
_DENIALS_LOGGED = 10
_DENIALS_WINDOW = 60.0

_WILDCARDS = frozenset("+#")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose session it is. `trace_id` names the connection, `story` the credential in the log.

    `revoked_up_to`: later revocations of the device concern it.
    """

    device_id: int
    product_key: str
    device_name: str
    client_id: str
    trace_id: str
    listener: UUID
    address: str | None
    revoked_up_to: int
    story: str = ""

    @classmethod
    def of(cls, request: ConnectionRequest, admitted: Admitted) -> "Identity":
        return cls(
            device_id=admitted.device_id,
            product_key=request.params.product_key,
            device_name=request.params.device_name,
            client_id=request.client_id,
            trace_id=request.trace_id,
            story=admitted.story,
            listener=request.listener,
            address=request.address,
            revoked_up_to=admitted.revoked_up_to,
        )

    @property
    def name(self) -> tuple[str, str]:
        return self.product_key, self.device_name


@dataclass(slots=True)
class Session:
    """`write` sends to the device; `ready` tells whether it keeps up with what it is sent.

    `uplink` takes what the device may publish: topic, payload and QoS.
    """

    identity: Identity
    write: Callable[[bytes], None] = field(repr=False)
    ready: Callable[[], bool] = field(repr=False)
    record: Callable[[log.Event], None] = field(repr=False)
    uplink: Callable[["Session", str, bytes, int], None] = field(repr=False)
    topics: dict[str, int] = field(default_factory=dict)  # filters without wildcards, with QoS
    patterns: dict[str, int] = field(default_factory=dict)  # filters with wildcards
    in_flight: set[int] = field(default_factory=set)
    last_id: int = 0
    denials: int = 0
    denials_since: float = 0.0

    def take(self, packet: mqtt.Packet) -> None:
        """Do and answer what the device asks for."""
        match packet:
            case mqtt.Publish():
                self._publish(packet)
            case mqtt.PingReq():
                self.write(mqtt.PINGRESP)
            case mqtt.PubAck():
                self.in_flight.discard(packet.packet_id)
            case mqtt.Subscribe():
                # The QoS granted to each filter, or 0x80.
                granted = [self._grant(*wish) for wish in packet.filters]
                self.write(mqtt.suback(packet.packet_id, granted))
            case mqtt.Unsubscribe():
                for topic_filter in packet.filters:
                    self.topics.pop(topic_filter, None)
                    self.patterns.pop(topic_filter, None)
                self.write(mqtt.unsuback(packet.packet_id))

    def deliver(self, topic: str, payload: bytes, qos: int) -> bool:
        """Send a message if the device subscribed to it and keeps up; nothing is kept for later.

        The lower of the publisher's QoS and the granted one applies.
        """
        granted = self._granted(topic)
        if granted is None or not self.ready():
            return False
        if not (qos and granted):
            self.write(mqtt.publish(topic, payload))
            return True
        if len(self.in_flight) >= MAX_IN_FLIGHT:
            return False
        self.write(mqtt.publish(topic, payload, 1, self._next_id()))
        return True

    def end(self, reason: str) -> SessionEnd:
        who = self.identity
        return SessionEnd(
            trace_id=who.trace_id,
            story=who.story,
            listener=who.listener,
            reason=reason,
            product_key=who.product_key,
            device_name=who.device_name,
            client_id=who.client_id,
            address=who.address,
        )

    def _publish(self, packet: mqtt.Publish) -> None:
        """A denied message is acknowledged too: MQTT 3.1.1 knows no other answer but to close."""
        if TopicAcl.may_publish(packet.topic, *self.identity.name):
            self.uplink(self, packet.topic, packet.payload, packet.qos)
        else:
            self._deny(ServiceType.UPLINK, "publish", packet.topic, topic_problem(packet.topic))
        if packet.packet_id is not None:
            self.write(mqtt.puback(packet.packet_id))

    def _grant(self, topic_filter: str, wished: int) -> int:
        if not TopicAcl.may_subscribe(topic_filter, *self.identity.name):
            problem = filter_problem(topic_filter)
            self._deny(ServiceType.SUBSCRIBE, "subscribe", topic_filter, problem)
            return mqtt.SUBACK_REFUSED
        held = self.topics if _WILDCARDS.isdisjoint(topic_filter) else self.patterns
        full = len(self.topics) + len(self.patterns) >= MAX_SUBSCRIPTIONS
        if full and topic_filter not in held:
            problem = f"more than {MAX_SUBSCRIPTIONS} subscriptions"
            self._deny(ServiceType.SUBSCRIBE, "subscribe", topic_filter, problem)
            return mqtt.SUBACK_REFUSED
        held[topic_filter] = min(wished, 1)
        return held[topic_filter]

    def _granted(self, topic: str) -> int | None:
        """The highest QoS of the subscriptions that select `topic`; None when none does."""
        granted = self.topics.get(topic)
        for pattern, qos in self.patterns.items():
            if matches(pattern, topic):
                granted = qos if granted is None else max(granted, qos)
        return granted

    def _next_id(self) -> int:
        while True:
            self.last_id = self.last_id % 0xFFFF + 1
            if self.last_id not in self.in_flight:
                self.in_flight.add(self.last_id)
                return self.last_id

    def _deny(self, service: ServiceType, operation: str, topic: str, problem: str | None) -> None:
        now = time.monotonic()
        if now - self.denials_since >= _DENIALS_WINDOW:
            self.denials, self.denials_since = 0, now
        self.denials += 1
        if self.denials > _DENIALS_LOGGED:
            return
        who = self.identity
        self.record(
            log.Event(
                service_type=service,
                operation=operation,
                reason="topic_denied",
                trace_id=who.story,
                connection_id=who.trace_id,
                product_key=who.product_key,
                device_name=who.device_name,
                client_id=who.client_id,
                address=who.address,
                detail={"topic": printable(topic), "problem": problem or "not the device's own"},
            )
        )


def printable(text: str, longest: int = 128) -> str:
    """What a device sent, made fit for the log."""
    return "".join(c if c.isprintable() else "?" for c in text[:longest])
