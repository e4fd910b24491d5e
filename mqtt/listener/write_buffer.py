"""The sending half of a connection: what goes out, in how many writes, and how it ends."""

import asyncio
import contextlib
from typing import cast

from protocol import mqtt

# Bytes on their way to one device before it counts as not reading: the largest message and some.
WRITE_BUFFER = mqtt.LIMIT_AUTHENTICATED + 32 * 1024


class Wire(asyncio.Protocol):
    __slots__ = ("_corked", "_transport", "slow")

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._corked: list[bytes] | None = None
        # Whether the device does not read what it is sent; it is not read either then.
        self.slow = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def pause_writing(self) -> None:
        self.slow = True
        self.pause_reading()

    def resume_writing(self) -> None:
        self.slow = False
        self.resume_reading()

    def pause_reading(self) -> None:
        if self._transport:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Not while the device does not read."""
        if self._transport and not self.slow:
            self._transport.resume_reading()

    def send(self, data: bytes) -> None:
        if self._corked is not None:
            self._corked.append(data)
        elif self._transport:
            self._transport.write(data)

    def cork(self) -> None:
        """Collect what is sent, until `uncork`: answers to one read leave in one write."""
        self._corked = []

    def uncork(self) -> None:
        corked, self._corked = self._corked, None
        if corked and self._transport:
            self._transport.write(b"".join(corked))

    def buffer_messages(self) -> None:
        """Let a whole message wait for a device that reads slowly."""
        if self._transport:
            self._transport.set_write_buffer_limits(high=WRITE_BUFFER)

    def finish(self) -> None:
        """Flush, then close. The peer closes first: closing a socket with unread
        bytes would reset the connection, and the reset may overtake our answer."""
        self.uncork()
        if self._transport:
            with contextlib.suppress(OSError):  # reset by the peer
                self._transport.write_eof()

    def hang_up(self) -> None:
        """Flush, then close, because the peer has said that it sends nothing more."""
        self.uncork()
        if self._transport:
            self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever was still to be sent."""
        if self._transport:
            self._transport.abort()
