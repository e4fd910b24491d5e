"""TLS on the event loop, ended here.

asyncio's own takes a task, two timers and some ten turns of the loop for each handshake, and one
that fails leaves cycles, which the garbage collector frees by the hundred while everybody waits.
Here each flight of the peer is one step, and the last one goes on to what came with it. Until its
peer says something, a connection costs a socket and a place: only then there is TLS for it.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any, Protocol, cast

from common.net.tcp_transport import READ_AT_ONCE, PlainTransport

Begin = Callable[[], None]
# Records decrypted before others on the loop have their turn.
_RECORDS_AT_ONCE = 32


class TlsProtocol(Protocol):
    """An asyncio protocol over TLS besides."""

    @property
    def deadline(self) -> float: ...  # of its handshake, by the loop's clock

    def abandon(self) -> None: ...  # in place of connection_lost, before connection_made


class TlsTransport(PlainTransport):
    """A connection over TLS. Its protocol, a TlsProtocol, has `connection_made` called once the
    handshake is through; if it never is, `abandon` is called in place of `connection_lost`.

    The handshake begins when `asks` calls back. `done` is called once: when it is through, or lost.
    """

    __slots__ = (
        *("_asks", "_context", "_done", "_held", "_incoming", "_outgoing", "_tls", "_waits"),
        *("records", "spoken", "through"),
    )

    _asks: Callable[[Begin], None]
    _done: Callable[["TlsTransport"], None]
    _tls: ssl.SSLObject
    _incoming: ssl.MemoryBIO
    _outgoing: ssl.MemoryBIO

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        accepted: socket.socket,
        protocol: asyncio.Protocol,
        context: ssl.SSLContext,
        asks: Callable[[Begin], None],
        done: Callable[["TlsTransport"], None],
    ) -> None:
        self._context = context
        self._asks = asks
        self._done = done
        self._waits = False  # for its turn
        self._held = False  # whether nothing is to be handed on
        self.spoken = False  # whether its peer has begun the handshake
        self.through = False
        self.records = 0  # received in the last read
        super().__init__(loop, accepted, protocol)

    @property
    def deadline(self) -> float:
        """When the handshake has to be through."""
        return cast("TlsProtocol", self._protocol).deadline

    # --- the handshake ------------------------------------------------------------------------

    def _begin(self) -> None:
        self._loop.add_reader(self._number, self._knock)

    def _knock(self) -> None:
        self._waits = self.spoken = True
        self._asks(self._start)
        if self._waits:
            self.pause_reading()

    def _start(self) -> None:
        """It is its turn. Later flights wait for none: what is half done would be given up first,
        and all that was done for it be lost."""
        self._waits = False
        if self._closing:  # while it waited
            return
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = self._context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.resume_reading()
        self._readable()

    def _received(self, data: bytes) -> None:
        if self._eof:  # we have said goodbye
            return
        self._incoming.write(data)
        if not self.through:
            self._shake_hands()
        if self.through:
            self._read()

    def _shake_hands(self) -> None:
        """When it cannot be, the peer is told why."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:
            self._flush()
            super().close()
        else:
            self._flush()
            self.through = True
            self._settle()
            self._protocol.connection_made(self)

    def _settle(self) -> None:
        done = self._done
        del self._asks, self._done
        done(self)

    # --- in -----------------------------------------------------------------------------------

    def pause_reading(self) -> None:
        self._held = True
        super().pause_reading()

    def resume_reading(self) -> None:
        self._held = False
        super().resume_reading()
        if self.through and self._incoming.pending:
            self._later()

    def _later(self) -> None:
        """Go on with what is here, before anything more is received."""
        super().pause_reading()
        self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._held or self._closing:
            return
        super().resume_reading()
        try:
            self._read()
        except Exception as error:
            self._fail(error)

    def _read(self) -> None:
        """A few records, as one piece of data: sixteen KiB may be six hundred of them."""
        records: list[bytes] = []
        record: bytes | None = b""
        broken: ssl.SSLError | None = None
        try:
            while len(records) < _RECORDS_AT_ONCE and (record := self._decrypted()):
                records.append(record)
        except ssl.SSLError as error:
            broken = error
        self._deliver(records)
        if len(records) == _RECORDS_AT_ONCE:
            self._later()
        elif record == b"" and not (broken or self._closing or self._eof):
            self._finished()
        self._flush()  # what TLS itself has to say
        if broken:
            self._end(broken)

    def _deliver(self, records: list[bytes]) -> None:
        self.records = len(records)
        if records:
            self._protocol.data_received(b"".join(records))

    def _decrypted(self) -> bytes | None:
        """A record; empty at the peer's end; None when more has to come. Raises SSLError."""
        if not self._incoming.pending:
            return None
        try:
            return self._tls.read(READ_AT_ONCE)
        except ssl.SSLWantReadError:
            return None

    def _finished(self) -> None:
        """The peer's end, with a close_notify or without."""
        if not self.through:
            super().close()
        elif not self._protocol.eof_received():
            self.close()
            super().close()

    # --- out ----------------------------------------------------------------------------------

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        if self._ending or self._eof:
            return
        written = self._tls.write(data)
        while written < len(data):  # it takes one record at a time
            written += self._tls.write(memoryview(data)[written:])
        self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending:
            super().write(self._outgoing.read())

    def write_eof(self) -> None:
        if self._ending or self._eof:
            return
        with contextlib.suppress(ssl.SSLError):  # the peer has not said goodbye yet
            self._tls.unwrap()
        self._flush()
        super().write_eof()

    def close(self) -> None:
        """Say goodbye, and wait for the peer's end: closing a socket with unread bytes would reset
        the connection, and the reset may overtake our answer."""
        with contextlib.suppress(OSError):  # reset by the peer
            self.write_eof()

    # --- the end ------------------------------------------------------------------------------

    def _tell_lost(self, error: Exception | None) -> None:
        if self.through:
            super()._tell_lost(error)
        else:
            cast("TlsProtocol", self._protocol).abandon()
            self._settle()
