"""One connection: bytes in, states, bytes out. Its states and rules are in states.py."""

import asyncio
from typing import TYPE_CHECKING, cast

from common.crypto.identifiers import trace_id
from common.net.connection_limits import Slot
from devices.models import RevocationReason
from devices.operations.authenticate import Admitted, ConnectionRequest
from devices.operations.refusal import Refused
from logs.reasons import Reason
from mqtt.listener import connack
from mqtt.listener.dispatch import Outcome
from mqtt.listener.reader import Reader
from mqtt.listener.session import Identity, Session
from mqtt.listener.states import CLOSE_WITHIN, CONNECT_WITHIN, REGISTRATION_LASTS, State, step
from protocol import mqtt
from registration.attempts import DeviceRequest, Origin
from registration.operations.proof import RegistrationRequest

if TYPE_CHECKING:
    from mqtt.listener.batcher import Job
    from mqtt.listener.context import Hub

# A device that does not read what it is sent for so long is cut off.
READ_WITHIN = 10.0
_KEEPALIVE_FACTOR = 1.5
# In these states packets are taken; while DECIDING they wait as bytes.
_TAKING = frozenset({State.CONNECTING, State.REGISTERED, State.ONLINE})
_ENDED = frozenset({State.CLOSING, State.LOST})


class Connection(Reader):
    __slots__ = (
        "_hub",
        "_job",
        "_keepalive",
        "_origin",
        "_reason",
        "_session",
        "_slot",
        "_state",
        "deadline",
    )

    def __init__(self, hub: "Hub", slot: Slot, address: str | None, *, secure: bool) -> None:
        """Made when the socket is accepted: the time to CONNECT runs from here."""
        super().__init__(hub.backlog, hub.now)
        self.deadline = hub.now() + CONNECT_WITHIN
        self._hub = hub
        self._slot = slot
        self._origin = Origin(address, secure, trace_id())
        self._state = State.CONNECTING
        self._job: Job | None = None
        self._session: Session | None = None
        self._keepalive = 0
        self._reason = Reason.CONNECTION_LOST

    @property
    def session(self) -> Session:
        if self._session is None:
            raise ValueError("not online")
        return self._session

    @property
    def deciding(self) -> bool:
        """Whether the device waits for its CONNACK."""
        return self._state is State.DECIDING

    @property
    def ready(self) -> bool:
        """Whether the device may be sent messages, and reads them."""
        return self._state is State.ONLINE and not self.slow

    # --- called by the event loop -------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._hub.peers.connections.add(self)

    def eof_received(self) -> None:
        """The peer is done: so are we. asyncio flushes and closes."""
        if self._state is not State.CLOSING:
            self._enter(State.CLOSING, CLOSE_WITHIN)

    def pause_writing(self) -> None:
        super().pause_writing()
        self.deadline = min(self.deadline, self._hub.now() + READ_WITHIN)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._state is State.ONLINE:
            self._heard()

    def connection_lost(self, exc: Exception | None) -> None:
        """The one place where everything a connection holds is released."""
        self._state = step(self._state, State.LOST)
        self._hub.peers.connections.discard(self)
        self._hub.peers.slots.release(self._slot)
        if self._job is not None:
            self._job.cancelled = True
        self._end_session(self._reason)

    def abandon(self) -> None:
        """Instead of `connection_lost`, when `connection_made` was never called."""
        self._state = step(self._state, State.LOST)
        self._hub.peers.slots.release(self._slot)

    # --- called by the process ----------------------------------------------------------------

    def expire(self) -> None:
        """The deadline of the state is over."""
        if self._state is State.DECIDING:
            if self._job is not None:
                self._job.cancelled = True  # the device will ask again
            self._deny(mqtt.CONNACK_UNAVAILABLE)
        elif self._state is State.ONLINE and not self.slow:
            self.cut(Reason.KEEPALIVE_TIMEOUT)
        elif self._state is State.REGISTERED:
            self._close()
        else:
            self.abort()

    def cut(self, reason: Reason) -> None:
        """End the session; the older of two is told why (protocol.md 2.4)."""
        if self._state is not State.ONLINE:
            return
        self._end_session(reason)
        if reason == Reason.TAKEOVER:
            self.send(connack.KICKED)
        self._close()

    def stop(self) -> None:
        """The process is about to end."""
        if self._state is State.DECIDING:
            self._deny(mqtt.CONNACK_UNAVAILABLE)
        elif self._state is not State.CLOSING:
            self._close()

    # --- packets ------------------------------------------------------------------------------

    @property
    def takes(self) -> bool:
        return self._state in _TAKING

    @property
    def ended(self) -> bool:
        return self._state in _ENDED

    def take(self, packet: mqtt.Packet) -> None:
        self._hub.meter.packets += 1
        if self._state is State.ONLINE:
            self._heard()
            self._online(packet)
        elif self._state is State.CONNECTING:
            # The decoder lets nothing else be the first packet.
            self._connect(cast("mqtt.Connect", packet))
        else:
            self._registered(packet)

    def _connect(self, packet: mqtt.Connect) -> None:
        self._keepalive = packet.keepalive
        self._state = step(self._state, State.DECIDING)
        request = self._hub.gate.examine(packet, self._origin)
        if isinstance(request, int):
            self._deny(request)
            return
        self._job = self._hub.batcher.submit(request, self._decided)
        if self._job is None:
            self._deny(mqtt.CONNACK_UNAVAILABLE)
        else:
            self._hub.peers.slots.asked(self._slot)

    def _registered(self, packet: mqtt.Packet) -> None:
        """A device may ping and acknowledge until it leaves; it has no topics."""
        if isinstance(packet, mqtt.PingReq):
            self.send(mqtt.PINGRESP)
        elif isinstance(packet, mqtt.Subscribe):
            codes = [mqtt.SUBACK_REFUSED] * len(packet.filters)
            self.send(mqtt.suback(packet.packet_id, codes))
        elif isinstance(packet, mqtt.Disconnect):
            self._left()

    def _online(self, packet: mqtt.Packet) -> None:
        if isinstance(packet, mqtt.Disconnect):
            self._end_session(Reason.DEVICE_DISCONNECT)
            self._left()
        else:
            self.session.take(packet)

    def _left(self) -> None:
        self._enter(State.CLOSING, CLOSE_WITHIN)
        self.hang_up()

    def _decided(self, outcome: Outcome) -> None:
        """Called after the commit; the connection may be gone by now."""
        job, self._job = self._job, None
        if job is None:
            return
        request = cast("DeviceRequest", job.request)
        if isinstance(outcome, Refused):
            code = self._hub.gate.refused(request, self._origin, outcome.reason)
            if self._state is State.DECIDING:
                self._deny(code)
        elif isinstance(outcome, Admitted):
            self._admitted(cast("ConnectionRequest", request), outcome)
        elif self._state is State.DECIDING:
            self._issued(cast("RegistrationRequest", request), outcome)

    def _issued(self, request: RegistrationRequest, outcome: Outcome) -> None:
        """CONNACK and push in one write. The device closes first, within 15 s."""
        self._enter(State.REGISTERED, REGISTRATION_LASTS)
        self._hub.peers.prove(self._slot)
        self.send(connack.issued(request, outcome))
        self.take_what_waits()

    def _admitted(self, request: ConnectionRequest, outcome: Admitted) -> None:
        session = Session(Identity.of(request, outcome), self, self._hub)
        revoked = self._hub.revocations.against(session.identity)
        if revoked or self._state is not State.DECIDING:
            self._hub.record(session.end(revoked or self._reason))
            if self._state is State.DECIDING:
                self._too_late(revoked)
            return
        self._session = session
        self._enter(State.ONLINE, self._keepalive * _KEEPALIVE_FACTOR)
        self._hub.peers.prove(self._slot)
        self._intake.trust()
        self.buffer_messages()
        self._hub.sessions.admit(self)
        self.send(connack.ACCEPTED)
        self.take_what_waits()

    def _too_late(self, revoked: str | None) -> None:
        """The session was ended before the device was told of it. When it was taken over, its
        credential is good all the same, so it is not called bad: it is online, and kicked."""
        if revoked == RevocationReason.TAKEOVER:
            self.send(connack.ACCEPTED + connack.KICKED)
            self._close()
        else:
            self._deny(mqtt.CONNACK_NOT_AUTHORISED)

    def broken(self, error: mqtt.ProtocolError) -> None:
        """Answered if it was the CONNECT and MQTT has a code for it."""
        if self._state is State.CONNECTING:
            self._hub.gate.garbage(self._origin, error.problem)
            if error.connack is not None:
                self._deny(error.connack)
            else:
                self.abort()
            return
        self._reason = Reason.PROTOCOL_ERROR
        self.cut(self._reason)
        if self._state is not State.CLOSING:
            self._close()

    def _heard(self) -> None:
        self.deadline = self._hub.now() + self._keepalive * _KEEPALIVE_FACTOR

    def _end_session(self, reason: Reason) -> None:
        """At once, and not when the peer has closed its side: it is over for the console too."""
        if self._session is not None:
            self._hub.sessions.forget(self)
            self._hub.record(self._session.end(reason))
            self._session = None

    def _deny(self, code: int) -> None:
        self._hub.meter.refused[code] += 1
        self.send(mqtt.connack(code))
        self._close()

    def _close(self) -> None:
        self._enter(State.CLOSING, CLOSE_WITHIN)
        self.finish()

    def _enter(self, state: State, lasts: float) -> None:
        self._state = step(self._state, state)
        self.deadline = self._hub.now() + lasts
