"""One connection: bytes in, states, bytes out. Its states and rules are in states.py."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from devices.operations.authenticate import Admitted, ConnectionRequest
from devices.operations.outcome import Refused
from devices.protocol import mqtt, push
from iotconsole.kit.identifiers import trace_id
from registration.listener.admission import DeviceRequest, Origin
from registration.listener.session import Identity, Session
from registration.listener.slots import Slot
from registration.listener.states import (
    CLOSE_WITHIN,
    CONNECT_WITHIN,
    REGISTRATION_LASTS,
    State,
    step,
)
from registration.listener.work import Outcome
from registration.operations.register import RegistrationRequest, SecretIssued
from registration.operations.slots import ClientIdIssued

if TYPE_CHECKING:
    from registration.listener.batcher import Job
    from registration.listener.hub import Hub

# A device that does not read what it is sent for so long is cut off.
READ_WITHIN = 10.0
# Bytes on their way to one device before it counts as not reading: the largest message and some.
WRITE_BUFFER = mqtt.LIMIT_AUTHENTICATED + 32 * 1024

_KEEPALIVE_FACTOR = 1.5
_ACCEPTED = mqtt.connack(mqtt.CONNACK_ACCEPTED)


class Connection(asyncio.Protocol):
    __slots__ = (
        "_address",
        "_corked",
        "_decoder",
        "_early",
        "_early_bytes",
        "_hub",
        "_job",
        "_keepalive",
        "_reason",
        "_secure",
        "_session",
        "_slot",
        "_slow",
        "_state",
        "_trace_id",
        "_transport",
        "deadline",
    )

    def __init__(self, hub: "Hub", slot: Slot, address: str | None, *, secure: bool) -> None:
        """Made when the socket is accepted: the time to CONNECT runs from here."""
        self.deadline = hub.now() + CONNECT_WITHIN
        self._hub = hub
        self._slot = slot
        self._address = address
        self._secure = secure
        self._state = State.CONNECTING
        self._transport: asyncio.Transport | None = None
        self._decoder = mqtt.Decoder()
        self._trace_id = ""
        self._job: Job | None = None
        self._session: Session | None = None
        self._keepalive = 0
        self._early: list[mqtt.Packet] = []
        self._early_bytes = 0
        self._corked: list[bytes] | None = None
        self._slow = False
        self._reason = "connection_lost"

    @property
    def session(self) -> Session:
        if self._session is None:
            raise ValueError("not online")
        return self._session

    @property
    def established(self) -> bool:
        """Whether `connection_made` was called, and `connection_lost` will be."""
        return self._transport is not None

    @property
    def deciding(self) -> bool:
        """Whether the device waits for its CONNACK."""
        return self._state is State.DECIDING

    # --- called by the event loop -------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._hub.connections.add(self)

    def data_received(self, data: bytes) -> None:
        if self._state is State.CLOSING:
            return
        self._corked = []
        try:
            self._early_bytes += len(data)
            self._take(self._decoder.feed(data))
            if self._state is State.DECIDING and self._early_bytes > mqtt.LIMIT_UNAUTHENTICATED:
                raise mqtt.ProtocolError("too much sent before CONNACK")
        except mqtt.ProtocolError as error:
            self._take(error.packets)
            self._broken(error)
        finally:
            self._uncork()

    def eof_received(self) -> None:
        """The peer is done: so are we. asyncio flushes and closes."""
        if self._state is not State.CLOSING:
            self._enter(State.CLOSING, CLOSE_WITHIN)

    def pause_writing(self) -> None:
        """It does not read: stop reading it too, and give it a while."""
        self._slow = True
        if self._state is State.ONLINE and self._transport:
            self._transport.pause_reading()
            self.deadline = min(self.deadline, self._hub.now() + READ_WITHIN)

    def resume_writing(self) -> None:
        self._slow = False
        if self._state is State.ONLINE and self._transport:
            self._transport.resume_reading()
            self._heard()

    def connection_lost(self, exc: Exception | None) -> None:
        """The one place where everything a connection holds is released."""
        self._state = step(self._state, State.LOST)
        self._hub.connections.discard(self)
        self._hub.slots.release(self._slot)
        if self._job is not None:
            self._job.cancelled = True
        if self._session is not None:
            self._hub.sessions.forget(self)
            self._hub.record(self._session.end(self._reason))

    def abandon(self) -> None:
        """Instead of `connection_lost`, when `connection_made` was never called."""
        self._state = step(self._state, State.LOST)
        self._hub.slots.release(self._slot)

    # --- called by the process ----------------------------------------------------------------

    def expire(self) -> None:
        """The deadline of the state is over."""
        if self._state is State.DECIDING:
            self._deny(mqtt.CONNACK_UNAVAILABLE)
        elif self._state is State.ONLINE and not self._slow:
            self.cut("keepalive_timeout")
        elif self._state is State.REGISTERED:
            self._close()
        elif self._transport:
            self._transport.abort()

    def cut(self, reason: str) -> None:
        """End the session; the older of two is told why (protocol.md 2.4)."""
        if self._state is not State.ONLINE:
            return
        self._reason = reason
        if reason == "takeover":
            self._send(mqtt.publish(*push.kick_notice()))
        self._close()

    def stop(self) -> None:
        """The process is about to end."""
        if self._state is State.DECIDING:
            self._deny(mqtt.CONNACK_UNAVAILABLE)
        elif self._state is not State.CLOSING:
            self._close()

    # --- packets ------------------------------------------------------------------------------

    def _take(self, packets: Sequence[mqtt.Packet]) -> None:
        for packet in packets:
            if self._state is State.ONLINE:
                self._online(packet)
            elif self._state is State.CONNECTING:
                # The decoder lets nothing else be the first packet.
                self._connect(cast("mqtt.Connect", packet))
            elif self._state is State.DECIDING:
                self._early.append(packet)
            elif self._state is State.REGISTERED:
                self._registered(packet)
        if packets and self._state is State.ONLINE:
            self._heard()

    def _connect(self, packet: mqtt.Connect) -> None:
        self._trace_id = trace_id()
        self._keepalive = packet.keepalive
        self._early_bytes = 0
        self._state = step(self._state, State.DECIDING)
        request = self._hub.gate.examine(packet, self._origin())
        if isinstance(request, int):
            self._deny(request)
            return
        self._job = self._hub.batcher.submit(request, self._decided)
        if self._job is None:
            self._deny(mqtt.CONNACK_UNAVAILABLE)

    def _registered(self, packet: mqtt.Packet) -> None:
        """A device may ping and acknowledge until it leaves; it has no topics."""
        if isinstance(packet, mqtt.PingReq):
            self._send(mqtt.PINGRESP)
        elif isinstance(packet, mqtt.Subscribe):
            codes = [mqtt.SUBACK_REFUSED] * len(packet.filters)
            self._send(mqtt.suback(packet.packet_id, codes))
        elif isinstance(packet, mqtt.Disconnect):
            self._close()

    def _online(self, packet: mqtt.Packet) -> None:
        match packet:
            case mqtt.Publish():
                self._publish(packet)
            case mqtt.PingReq():
                self._send(mqtt.PINGRESP)
            case mqtt.PubAck():
                self.session.acknowledged(packet)
            case mqtt.Subscribe():
                self._send(self.session.subscribe(packet))
            case mqtt.Unsubscribe():
                self._send(self.session.unsubscribe(packet))
            case mqtt.Disconnect():
                self.cut("device_disconnect")

    def _publish(self, packet: mqtt.Publish) -> None:
        """A denied message is acknowledged too: MQTT 3.1.1 knows no other answer but to close."""
        if self.session.may_publish(packet.topic):
            self._hub.router.uplink(self.session, packet.topic, packet.payload, packet.qos)
        if packet.packet_id is not None:
            self._send(mqtt.puback(packet.packet_id))

    # --- decisions ----------------------------------------------------------------------------

    def _decided(self, outcome: Outcome) -> None:
        """Called after the commit; the connection may be gone by now."""
        job, self._job = self._job, None
        if job is None:
            return
        request = cast("DeviceRequest", job.request)
        if isinstance(outcome, Refused):
            code = self._hub.gate.refused(request, self._origin(), outcome.reason)
            if self._state is State.DECIDING:
                self._deny(code)
        elif isinstance(outcome, Admitted):
            self._admitted(cast("ConnectionRequest", request), outcome)
        elif self._state is State.DECIDING:
            self._issued(cast("RegistrationRequest", request), outcome)

    def _issued(self, request: RegistrationRequest, outcome: Outcome) -> None:
        """CONNACK and push in one write. The device closes first, within 15 s."""
        self._enter(State.REGISTERED, REGISTRATION_LASTS)
        self._hub.slots.prove(self._slot)
        match outcome:
            case SecretIssued():
                message = push.register_push(outcome.device_secret, *request.name)
            case ClientIdIssued():
                message = push.regnwl_push(outcome.client_id, *request.name, outcome.device_token)
            case _:
                raise TypeError(type(outcome).__name__)
        self._send(_ACCEPTED + mqtt.publish(*message))
        self._take_early()

    def _admitted(self, request: ConnectionRequest, outcome: Admitted) -> None:
        session = self._new_session(request, outcome)
        revoked = self._hub.revocations.against(session.identity)
        if revoked or self._state is not State.DECIDING:
            self._hub.record(session.end(revoked or self._reason))
            if self._state is State.DECIDING:
                self._deny(mqtt.CONNACK_NOT_AUTHORISED)
            return
        self._session = session
        self._enter(State.ONLINE, self._keepalive * _KEEPALIVE_FACTOR)
        self._hub.slots.prove(self._slot)
        self._decoder.limit = mqtt.LIMIT_AUTHENTICATED
        if self._transport:
            self._transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self._hub.sessions.admit(self)
        self._send(_ACCEPTED)
        self._take_early()

    def _new_session(self, request: ConnectionRequest, outcome: Admitted) -> Session:
        identity = Identity(
            device_id=outcome.device_id,
            product_key=request.params.product_key,
            device_name=request.params.device_name,
            client_id=request.client_id,
            trace_id=request.trace_id,
            listener=request.listener,
            address=request.address,
            revoked_up_to=outcome.revoked_up_to,
        )
        return Session(identity, self._send, self._is_ready, self._hub.record)

    def _take_early(self) -> None:
        early, self._early = self._early, []
        self._take(early)

    def _broken(self, error: mqtt.ProtocolError) -> None:
        """Answered if it was the CONNECT and MQTT has a code for it."""
        if self._state is State.CONNECTING:
            self._trace_id = trace_id()
            self._hub.gate.garbage(self._origin(), error.problem)
            if error.connack is not None:
                self._deny(error.connack)
            elif self._transport:
                self._transport.abort()
            return
        self._reason = "protocol_error"
        if self._state is not State.CLOSING:
            self._close()

    # --- helpers ------------------------------------------------------------------------------

    def _origin(self) -> Origin:
        return Origin(self._address, self._secure, self._trace_id)

    def _is_ready(self) -> bool:
        return self._state is State.ONLINE and not self._slow

    def _heard(self) -> None:
        self.deadline = self._hub.now() + self._keepalive * _KEEPALIVE_FACTOR

    def _deny(self, code: int) -> None:
        self._send(mqtt.connack(code))
        self._close()

    def _send(self, data: bytes) -> None:
        """Answers to what one read brought leave together."""
        if self._corked is not None:
            self._corked.append(data)
        elif self._transport:
            self._transport.write(data)

    def _uncork(self) -> None:
        corked, self._corked = self._corked, None
        if corked and self._transport:
            self._transport.write(b"".join(corked))

    def _close(self) -> None:
        """Flush, then close. Over plain TCP the peer closes first: closing a socket that has
        unread bytes would reset it, and the reset may overtake our answer."""
        self._enter(State.CLOSING, CLOSE_WITHIN)
        self._uncork()
        if self._transport is None:
            return
        if self._transport.can_write_eof():
            with contextlib.suppress(OSError):  # reset by the peer
                self._transport.write_eof()
        else:
            self._transport.close()

    def _enter(self, state: State, lasts: float) -> None:
        self._state = step(self._state, state)
        self.deadline = self._hub.now() + lasts
