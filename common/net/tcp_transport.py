"""A plain TCP connection on the event loop, for protocols as asyncio knows them.

asyncio's own transport takes a task and three turns of the loop before the first byte is read, and
holds 1.7 KiB more. This one rests on the loop's public interface alone.
"""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

READ_AT_ONCE = 16 * 1024
# Bytes not sent yet: above, the protocol is told to pause; at a quarter, to go on.
_HIGH_WATER = 64 * 1024
_NO_EXTRA: Mapping[Any, Any] = {}


class PlainTransport(asyncio.Transport):
    """`connection_made` is called at once, `connection_lost` by the loop, when nobody else runs."""

    # Pieces that the last read came in; TLS counts its records.
    records = 1

    __slots__ = (
        "_closing",
        "_ending",
        "_eof",
        "_high",
        "_loop",
        "_number",
        "_paused",
        "_pending",
        "_protocol",
        "_socket",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, accepted: socket.socket, protocol: asyncio.Protocol
    ) -> None:
        super().__init__(_NO_EXTRA)
        accepted.setblocking(False)
        self._loop = loop
        self._socket = accepted
        # By this the loop finds it at once; of a socket it would make a text first, to complain.
        self._number = accepted.fileno()
        self._protocol = protocol
        self._pending: bytes | bytearray = b""  # not sent yet
        self._high = _HIGH_WATER
        self._paused = False  # whether the protocol was told to
        self._eof = False  # whether nothing may follow what is pending
        self._closing = False  # whether nothing is read any more
        self._ending = False  # whether `connection_lost` is on its way
        self._begin()

    def _begin(self) -> None:
        self._protocol.connection_made(self)
        self.resume_reading()

    # --- in -----------------------------------------------------------------------------------

    def resume_reading(self) -> None:
        if not self._closing:
            self._loop.add_reader(self._number, self._readable)

    def pause_reading(self) -> None:
        if not self._closing:  # and the number perhaps somebody else's
            self._loop.remove_reader(self._number)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(READ_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:  # reset by the peer
            self._end(error)
            return
        try:
            if data:
                self._received(data)
            else:
                self._finished()
        except Exception as error:
            self._fail(error)

    def _received(self, data: bytes) -> None:
        self._protocol.data_received(data)

    def _finished(self) -> None:
        """The peer sends nothing more."""
        if not self._protocol.eof_received():
            self.close()

    # --- out ----------------------------------------------------------------------------------

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = _HIGH_WATER if high is None else high

    @property
    def congested(self) -> bool:
        """Whether the protocol was told to pause writing."""
        return self._paused

    def get_write_buffer_size(self) -> int:
        return len(self._pending)

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        """Send, and keep what does not go out at once. Does nothing after the end."""
        if self._ending or self._eof:
            return
        if self._pending:
            self._pending += data
        else:
            sent = self._send(data)
            if sent == len(data) or self._ending:
                return
            self._pending = bytearray(data[sent:])
            self._loop.add_writer(self._number, self._writable)
        if len(self._pending) > self._high and not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def write_eof(self) -> None:
        """Raises OSError when the peer has reset the connection."""
        self._eof = True
        if not self._pending and not self._ending:
            self._socket.shutdown(socket.SHUT_WR)

    def can_write_eof(self) -> bool:
        return True

    def _send(self, data: "bytes | bytearray | memoryview[Any]") -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._end(error)
            return 0

    def _writable(self) -> None:
        try:
            self._pending = self._pending[self._send(self._pending) :]
            if self._paused and len(self._pending) <= self._high // 4:
                self._paused = False
                self._protocol.resume_writing()
            if not self._pending and not self._ending:
                self._flushed()
        except OSError as error:  # reset by the peer
            self._end(error)
        except Exception as error:
            self._fail(error)

    def _flushed(self) -> None:
        self._loop.remove_writer(self._number)
        if self._closing:
            self._end(None)
        elif self._eof:
            self._socket.shutdown(socket.SHUT_WR)

    # --- the end ------------------------------------------------------------------------------

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        """Read no more; close once everything is sent."""
        if self._pending:
            self._closing = True
            self._loop.remove_reader(self._number)
        else:
            self._end(None)

    def abort(self) -> None:
        self._end(None)

    def _fail(self, error: Exception) -> None:
        """A bug of the protocol's, which concerns this connection alone."""
        context = {"message": "protocol failed", "exception": error, "transport": self}
        self._loop.call_exception_handler(context)
        self._end(error)

    def _end(self, error: Exception | None) -> None:
        if self._ending:
            return
        self._closing = self._ending = True
        self._loop.remove_reader(self._number)
        if self._pending:
            self._loop.remove_writer(self._number)
            self._pending = b""
        self._loop.call_soon(self._lost, error)

    def _lost(self, error: Exception | None) -> None:
        try:
            self._tell_lost(error)
        finally:
            self._socket.close()
            del self._protocol  # which holds this

    def _tell_lost(self, error: Exception | None) -> None:
        self._protocol.connection_lost(error)
