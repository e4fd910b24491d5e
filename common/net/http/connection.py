"""One HTTP connection: bytes in, requests to the application, answers out.

READING ─► ANSWERING ─► READING …
  │  ▲         │
  ▼  │         │            ASKING: how large this body may be, before it is read
ASKING         ▼
  └───────► CLOSING
"""

import asyncio
import contextlib
import math
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import cast

from common.net.connection_limits import Slot
from common.net.http.answer import Answer
from common.net.http.environ import PROVEN, Environ, environ_of, with_body
from common.net.http.exchange import Exchange, Step
from common.net.http.request_body import REQUEST_WITHIN, SMALL
from common.net.http.request_head import RequestError
from common.net.http.sender import Progress, Sender
from common.net.http.serving import Serving
from common.net.pace import Pace
from common.net.tcp_transport import PlainTransport

# Seconds that a connection may wait for its next request, and for its peer to close it.
IDLE_WITHIN = 15.0
CLOSE_WITHIN = 5.0
# A client that reads nothing of an answer for so long is cut off: one of 2G takes half of it.
READ_WITHIN = 60.0
# Bytes that wait for a slow client, at most, besides the kernel's.
_WRITE_BUFFER = 32 * 1024
# Seconds between reads of what follows a refusal, which is thrown away: four megabytes a second.
_DISCARD_PAUSE = 0.004
# So many lines of a chunked body's framing take as long as a TLS record.
_LINES_PER_PIECE = 4


class State(Enum):
    READING = auto()
    ASKING = auto()
    ANSWERING = auto()
    CLOSING = auto()


class HttpConnection(asyncio.Protocol):
    """Made when the socket is accepted: the time for handshake and first request runs from here."""

    __slots__ = (
        *("_answer", "_asked", "_environ", "_exchange", "_large", "_pace", "_peer", "_proven"),
        *("_sender", "_server", "_slot", "_state", "_transport", "deadline"),
    )

    _transport: PlainTransport
    _environ: Environ
    _answer: Answer
    _sender: Sender

    def __init__(self, server: Serving, slot: Slot, address: str | None) -> None:
        self._server = server
        self._slot = slot
        self._peer = address or ""
        self._state = State.READING
        self._exchange = Exchange()
        self._pace = Pace(server.now())
        self._proven = False
        self._asked = False  # how large this body may be
        self._large = False  # whether it holds one of the places for large bodies
        self.deadline = server.now() + REQUEST_WITHIN

    @property
    def owes(self) -> bool:
        """Whether an answer is due."""
        return self._state in (State.ASKING, State.ANSWERING)

    # --- called by the event loop -------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("PlainTransport", transport)
        self._transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        self._server.peers.connections.add(self)

    def data_received(self, data: bytes) -> None:
        lines = self._exchange.chunk_lines
        if self._state is State.READING:  # and not refused
            self._feed(data)
        self._slow_down(len(data), self._exchange.chunk_lines - lines)

    def eof_received(self) -> None:
        """While a request is answered nothing is read, so the peer is owed nothing."""
        self._enter(State.CLOSING, CLOSE_WITHIN)

    def resume_writing(self) -> None:
        if self._state is State.ANSWERING:
            self.deadline = self._server.now() + READ_WITHIN
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._state is State.ANSWERING:
            self._server.finished(self._answer)
        self._state = State.CLOSING
        self._server.peers.connections.discard(self)
        self._leave_exchange()
        self._server.peers.slots.release(self._slot)

    def abandon(self) -> None:
        """Instead of `connection_lost`, when `connection_made` was never called."""
        self._server.peers.slots.release(self._slot)

    def expire(self) -> None:
        """The deadline of the state is over."""
        if self._state is not State.READING:
            self._transport.abort()
        elif self._exchange.begun:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._close()

    def stop(self) -> None:
        """The process ends: close, unless an answer is due."""
        if self._state is State.READING:
            self._close()

    def abort(self) -> None:
        """Close at once, whatever is still to be sent."""
        self._transport.abort()

    # --- the request --------------------------------------------------------------------------

    def _slow_down(self, size: int, chunk_lines: int) -> None:
        pieces = self._transport.records + max(0, chunk_lines) // _LINES_PER_PIECE
        wait = self._pace.spend(pieces, size, self._server.now())
        if self._state is State.CLOSING:
            wait = max(wait, _DISCARD_PAUSE)
        if wait and not self.owes:
            self._transport.pause_reading()
            self._server.loop.call_later(wait, self._go_on_reading)

    def _go_on_reading(self) -> None:
        if not self.owes:
            self._transport.resume_reading()

    def _feed(self, data: bytes) -> None:
        if not self._exchange.touched:
            self._enter(State.READING, REQUEST_WITHIN)
        known = self._exchange.request
        try:
            step = self._exchange.feed(data)
            if known is None and (request := self._exchange.request) is not None:
                self._environ = environ_of(request, self._peer, self._server.local)
                self._environ[PROVEN] = self._note_proven
            self._take(step)
        except RequestError as error:
            self._refuse(error.status)

    def _take(self, step: Step) -> None:
        if step is Step.WHOLE:
            self._run()
        elif step is Step.LARGE:
            self._ask()
        elif permission := self._exchange.permission():
            self._transport.write(permission)

    def _ask(self) -> None:
        """How large the body may be, of the application, which takes a thread."""
        body = self._exchange.body
        if self._asked and not body.is_sample:  # it has said so
            body.refuse()
            self._run()
            return
        self._asked = True
        self._enter(State.ASKING, math.inf)
        self._transport.pause_reading()
        self._server.peers.slots.asked(self._slot)
        self._server.ask_limit(self._origin(), self._environ, body.start(), self._limited)

    def _limited(self, limit: int | None) -> None:
        """The answer to `_ask`; None to be asked again when the body's start is here."""
        if self._state is not State.ASKING:
            return
        body = self._exchange.body
        body.is_sample = limit is None and not body.is_sample
        body.allowed = limit or SMALL
        if not body.is_sample and not body.too_large and not self._take_place():
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self._enter(State.READING, REQUEST_WITHIN if body.is_sample else body.seconds)
        try:
            self._take(self._exchange.go_on())
        except RequestError as error:
            self._refuse(error.status)
        self._go_on_reading()

    def _take_place(self) -> bool:
        self._large = self._server.take_large(self._origin())
        return self._large

    # --- the answer ---------------------------------------------------------------------------

    def _origin(self) -> str:
        """Return the address whose turn in the queue it takes."""
        return self._server.forwarded_for(self._environ) or self._slot.origin or ""

    def _note_proven(self) -> None:
        """Called on the thread of the application."""
        self._proven = True

    def _run(self) -> None:
        """The request is there: have the application answer it."""
        self._enter(State.ANSWERING, math.inf)
        self._transport.pause_reading()
        self._server.peers.slots.asked(self._slot)
        with_body(self._environ, *self._exchange.hand_over_body())
        self._answer = Answer(partial(self._server.call, self._send))
        self._sender = Sender(self._exchange, self._answer, self._transport)
        self._server.run(self._origin(), self._environ, self._answer)

    def _send(self) -> None:
        if self._state is not State.ANSWERING:
            return
        progress = self._sender.go_on()
        if progress is Progress.DONE:
            self._answered()
        elif progress is Progress.FAILED:
            self._server.finished(self._answer)
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
        elif progress is Progress.BROKEN:
            self._transport.abort()
        elif self._transport.congested and self.deadline == math.inf:
            self.deadline = self._server.now() + READ_WITHIN

    def _answered(self) -> None:
        self._server.finished(self._answer)
        if self._proven:
            self._server.proven(self._slot, self._origin())
        follower = self._exchange.follower()
        self._leave_exchange()
        if follower is None or self._server.stopping:
            self._close()
            return
        self._exchange, rest = follower
        self._enter(State.READING, IDLE_WITHIN)
        self._server.peers.slots.waits(self._slot, self._transport.abort)
        # Not at once: whoever sends many requests in one piece lets others have their turn.
        self._server.loop.call_soon(self._read_on, rest)

    def _read_on(self, rest: bytes) -> None:
        """`rest` of the next request has come together with the one before."""
        if rest and self._state is State.READING:
            self._feed(rest)
        self._go_on_reading()

    # --- the end ------------------------------------------------------------------------------

    def _leave_exchange(self) -> None:
        self._exchange.close()
        self._asked = False
        if self._large:
            self._large = False
            self._server.leave_large(self._origin())

    def _refuse(self, status: int) -> None:
        self._transport.write(self._server.refusal(status))
        self._close()

    def _close(self) -> None:
        """Flush, and have the peer close: closing a socket with unread bytes would reset the
        connection, and the reset may overtake our answer."""
        self._enter(State.CLOSING, CLOSE_WITHIN)
        self._leave_exchange()
        with contextlib.suppress(OSError):  # reset by the peer
            self._transport.write_eof()
        self._transport.resume_reading()

    def _enter(self, state: State, lasts: float) -> None:
        self._state = state
        self.deadline = self._server.now() + lasts
