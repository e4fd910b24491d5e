"""gunicorn's threaded worker, with the waiting taken out of its threads.

As it is, it keeps a thread for a connection that says nothing (five seconds) or stops in the middle
of its handshake or request (for ever), so that sixteen silent sockets end the service. Here a
connection gets a thread only for what it has sent, and the poller waits for the rest. This builds
on names that gunicorn does not promise to keep: its version is pinned, and tests/iotconsole/https
hold what is relied on.
"""

import contextlib
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.workers.gthread import _DEFER, ThreadWorker

from iotconsole.https.connection import Connection

# Seconds for the other side to take an answer.
_ANSWER_WITHIN = 10.0


class Worker(ThreadWorker):  # type: ignore[misc]
    # --- The thread that accepts ----------------------------------------------------------
    def accept(self, listener: socket.socket) -> None:
        try:
            accepted, address = listener.accept()
        except OSError:
            return  # another worker was quicker, or the other side has gone
        if self.nr_conns >= self.worker_connections - 1 and self.pending_conns:
            self._drop(self.pending_conns[0])  # the one that has been silent for longest
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.nr_conns += 1
        self._await_more(Connection(self.cfg, accepted, address, listener.getsockname()))

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        if self.alive and not fs.cancelled() and fs.exception() is None and fs.result() is _DEFER:
            self._await_more(conn)
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Close those whose time is up, and all when stopping."""
        now = time.monotonic()
        for conn in list(self.pending_conns):
            if not self.alive or (conn.deadline or now) <= now:
                self._drop(conn)

    def _await_more(self, conn: Connection) -> None:
        conn.sock.setblocking(False)
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def _drop(self, conn: Connection) -> None:
        self.pending_conns.remove(conn)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    # --- The others -----------------------------------------------------------------------
    def handle(self, conn: Connection) -> Any:
        """True: wait for the next request. `_DEFER`: for the rest of this one. False: close."""
        try:
            if not conn.advance():
                return _DEFER
        except OSError:
            return False
        goes_on = conn.answered(super().handle(conn) is True)
        return _DEFER if conn.discarding else goes_on

    def handle_request(self, req: Any, conn: Connection) -> bool:
        conn.sock.settimeout(_ANSWER_WITHIN)
        req._expected_100_continue = False  # it was told already, or there is no need
        if not conn.request.whole:
            req.force_close()
        return bool(super().handle_request(req, conn))
