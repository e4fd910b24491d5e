"""A connection over TLS until its handshake is through.

It costs a socket and a place until its peer says something: only then there is TLS for it, which
takes 26 KiB and, with thousands that never speak, would keep the loop busy for nobody.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

from registration.listener.connection import Connection
from registration.listener.states import CLOSE_WITHIN, CONNECT_WITHIN


class Opening:
    """`asks` calls back when the handshake may begin. `done` is called once, when `connection` is
    established or its socket closed."""

    __slots__ = (
        *("_asks", "_done", "_given_up", "_loop", "_socket", "_task", "_tls"),
        *("connection", "spoken"),
    )

    def __init__(
        self,
        accepted: socket.socket,
        tls: ssl.SSLContext,
        connection: Connection,
        asks: Callable[[Callable[[], None]], None],
        done: Callable[["Opening"], None],
    ) -> None:
        accepted.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._socket = accepted
        self._tls = tls
        self._asks = asks
        self._done = done
        self._given_up = False
        self._task: asyncio.Task[None] | None = None
        self.connection = connection
        self.spoken = False  # whether its peer has begun the handshake
        self._loop.add_reader(accepted.fileno(), self._heard)

    def give_up(self) -> None:
        """Its time is over, or somebody else needs the place."""
        if self.connection.established:
            self.connection.abort()
        elif self._task is not None:
            self._task.cancel()
        elif not self._given_up:
            self._given_up = True
            self._loop.remove_reader(self._socket.fileno())
            self._end()

    def _heard(self) -> None:
        self.spoken = True
        self._loop.remove_reader(self._socket.fileno())
        self._asks(self._begin)

    def _begin(self) -> None:
        if self._given_up:  # while it waited
            return
        self._task = self._loop.create_task(self._shake_hands())
        self._task.add_done_callback(lambda _: self._end())

    def _end(self) -> None:
        """Also of a task that was cancelled before it began."""
        if not self.connection.established:
            self._socket.close()
            self.connection.abandon()
        self._done(self)

    async def _shake_hands(self) -> None:
        with contextlib.suppress(OSError):  # no TLS, a broken handshake, or none in time
            await self._loop.connect_accepted_socket(
                lambda: self.connection,
                self._socket,
                ssl=self._tls,
                # The sweep is earlier, and takes them a few at a time.
                ssl_handshake_timeout=2 * CONNECT_WITHIN,
                ssl_shutdown_timeout=CLOSE_WITHIN,
            )
