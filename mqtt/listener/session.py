"""A device online: whose session it is, and the answers to its packets."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from common.ops.throttle import Throttle
from devices.operations.authenticate import Admitted, ConnectionRequest
from devices.operations.sessions import SessionEnd
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from mqtt.listener.subscriptions import Inbox
from protocol import mqtt
from protocol.topics import (
    MAX_FILTERS_PER_SUBSCRIBE,
    MAX_SUBSCRIPTIONS,
    TopicAcl,
    filter_problem,
    topic_problem,
)

# Denied topics logged per session and minute: a device may repeat its mistake for ever.
_DENIALS_LOGGED = 10


@dataclass(frozen=True, slots=True)
class Identity:
    """Owner of a session. `trace_id` names the connection, `story` the credential in the log.

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


class Line(Protocol):
    """The connection of a session. `ready`: the device keeps up with what it is sent."""

    @property
    def ready(self) -> bool: ...

    def send(self, data: bytes) -> None: ...


class Services(Protocol):
    """Services of the process for sessions."""

    def record(self, request: log_writer.Event) -> None: ...

    def uplink(self, sender: "Session", topic: str, payload: bytes, qos: int) -> None:
        """Take what the device published, as it may."""


@dataclass(slots=True)
class Session:
    identity: Identity
    line: Line = field(repr=False)
    services: Services = field(repr=False)
    inbox: Inbox | None = None
    denials: Throttle | None = None

    def take(self, packet: mqtt.Packet) -> None:
        """Do and answer what the device asks for."""
        match packet:
            case mqtt.Publish():
                self._publish(packet)
            case mqtt.PingReq():
                self.line.send(mqtt.PINGRESP)
            case mqtt.PubAck():
                if self.inbox:
                    self.inbox.acknowledged(packet.packet_id)
            case mqtt.Subscribe():
                self._subscribe(packet)
            case mqtt.Unsubscribe():
                if self.inbox:
                    self.inbox.unsubscribe(packet.filters)
                self.line.send(mqtt.unsuback(packet.packet_id))

    def deliver(self, topic: str, payload: bytes, qos: int) -> bool:
        """Send a message if the device subscribed to it and keeps up; nothing is kept for later.

        The lower of the publisher's QoS and the granted one applies.
        """
        granted = self.inbox.granted(topic) if self.inbox else None
        if self.inbox is None or granted is None or not self.line.ready:
            return False
        if not (qos and granted):
            self.line.send(mqtt.publish(topic, payload))
            return True
        packet_id = self.inbox.next_id()
        if packet_id is not None:
            self.line.send(mqtt.publish(topic, payload, 1, packet_id))
        return packet_id is not None

    def end(self, reason: Reason) -> SessionEnd:
        who = self.identity
        return SessionEnd(
            trace_id=who.trace_id,
            device_id=who.device_id,
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
            self.services.uplink(self, packet.topic, packet.payload, packet.qos)
        else:
            self._deny(ServiceType.UPLINK, "publish", packet.topic, topic_problem(packet.topic))
        if packet.packet_id is not None:
            self.line.send(mqtt.puback(packet.packet_id))

    def _subscribe(self, packet: mqtt.Subscribe) -> None:
        """Answer the QoS granted to each filter, or 0x80; those beyond the limit are not read."""
        granted = [self._grant(*wish) for wish in packet.filters[:MAX_FILTERS_PER_SUBSCRIBE]]
        beyond = packet.filters[MAX_FILTERS_PER_SUBSCRIBE:]
        if beyond:
            problem = f"more than {MAX_FILTERS_PER_SUBSCRIBE} topics in one SUBSCRIBE"
            self._deny(ServiceType.SUBSCRIBE, "subscribe", beyond[0][0], problem)
        refused = [mqtt.SUBACK_REFUSED] * len(beyond)
        self.line.send(mqtt.suback(packet.packet_id, granted + refused))

    def _grant(self, topic_filter: str, wished: int) -> int:
        if not TopicAcl.may_subscribe(topic_filter, *self.identity.name):
            problem = filter_problem(topic_filter)
            self._deny(ServiceType.SUBSCRIBE, "subscribe", topic_filter, problem)
            return mqtt.SUBACK_REFUSED
        self.inbox = self.inbox or Inbox()
        granted = self.inbox.subscribe(topic_filter, wished)
        if granted is None:
            problem = f"more than {MAX_SUBSCRIPTIONS} subscriptions"
            self._deny(ServiceType.SUBSCRIBE, "subscribe", topic_filter, problem)
            return mqtt.SUBACK_REFUSED
        return granted

    def _deny(self, service: ServiceType, operation: str, topic: str, problem: str | None) -> None:
        if self.denials is None:
            self.denials = Throttle(_DENIALS_LOGGED)
        if not self.denials.take():
            return
        who = self.identity
        self.services.record(
            log_writer.Event(
                service_type=service,
                operation=operation,
                reason=Reason.TOPIC_DENIED,
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
    """Make what a device sent fit for the log."""
    return "".join(c if c.isprintable() else "?" for c in text[:longest])
