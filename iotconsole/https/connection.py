"""One TLS connection, which waits for nobody: each step goes as far as what has arrived allows."""

import contextlib
import ssl
import threading
import time
from typing import Any

from gunicorn import util
from gunicorn.http import get_parser
from gunicorn.sock import ssl_wrap_socket
from gunicorn.workers.gthread import TConn

from iotconsole.https.framing import Request, awaits_permission, first_request

# Seconds for the handshake and the request together, from the first byte where it is not the first
# request; and for what follows a request that was refused unread.
REQUEST_WITHIN = 10.0
DISCARD_WITHIN = 10.0
# A request that takes more than this much memory needs one of a few places, and gets more time.
LARGE = 64 * 1024
LARGE_AT_ONCE = 8
LARGE_WITHIN = 60.0
_PORTION = 64 * 1024
# Of a body that was refused. Were the connection closed at once, the client's next packet would be
# answered with a reset, and that would take our answer away from it.
_MOST_DISCARDED = 32 * 1024 * 1024
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"

_places = threading.BoundedSemaphore(LARGE_AT_ONCE)


class Connection(TConn):  # type: ignore[misc]
    """`advance`, and when that returns true have `parser` read the request; then `answered`."""

    sock: Any

    def __init__(self, cfg: Any, sock: Any, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        # Keeps gunicorn from making the handshake, with a thread that waits for the other side.
        self.initialized = True
        self.deadline: float | None = time.monotonic() + REQUEST_WITHIN
        self.request = Request(0)
        self._received = bytearray()
        self._discarded: int | None = None
        self._handshaken = self._told_to_go_on = self._large = False

    def advance(self) -> bool:
        """Whether a request is there. OSError: the other side is gone, or speaks no TLS."""
        self.deadline = self.deadline or time.monotonic() + REQUEST_WITHIN
        self.sock.setblocking(False)
        try:
            self._handshake()
            if self._discarded is not None:
                self._discard()
            self._receive()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            # Nothing we send during a handshake fills a socket's buffer: to wait for bytes will do.
            return False
        return True

    def answered(self, kept: bool) -> bool:
        """Whether the connection goes on. Of a body that was not read the rest is awaited."""
        self.deadline = None
        self._told_to_go_on = False
        self._leave_place()
        if not self.request.whole:
            self._discarded, self.deadline = 0, time.monotonic() + DISCARD_WITHIN
            return True
        if kept and (self._received or self.sock.pending()):
            # The poller sees only what is in the socket; this has the worker ask us again.
            self.parser.unreader.unread(b"\0")
        return kept

    @property
    def discarding(self) -> bool:
        return self._discarded is not None

    def close(self, graceful: bool = False) -> None:
        """Without waiting for the other side: the thread that accepts does this."""
        with contextlib.suppress(OSError, ValueError):
            self.sock.setblocking(False)
            if isinstance(self.sock, ssl.SSLSocket):
                self.sock.unwrap()
        util.close(self.sock)
        self._leave_place()

    def _handshake(self) -> None:
        if self._handshaken:
            return
        if not isinstance(self.sock, ssl.SSLSocket):
            self.sock = ssl_wrap_socket(self.sock, self.cfg)
        self.sock.do_handshake()
        self._handshaken = True

    def _receive(self) -> None:
        """Until a request is there; raises SSLWantReadError before."""
        while (request := first_request(self._received)) is None:
            if not self._told_to_go_on and awaits_permission(self._received):
                self.sock.send(_GO_ON)
                self._told_to_go_on = True
            self._received += self._more()
            self._make_room()
        self.request = request
        taken = bytes(self._received[: request.length])
        del self._received[: request.length]
        self.parser = get_parser(self.cfg, iter([taken]), self.client)

    def _make_room(self) -> None:
        if self._large or len(self._received) <= LARGE:
            return
        if not _places.acquire(blocking=False):
            raise ConnectionAbortedError
        self._large = True
        self.deadline = (self.deadline or time.monotonic()) + LARGE_WITHIN

    def _leave_place(self) -> None:
        if self._large:
            self._large = False
            _places.release()

    def _discard(self) -> None:
        while self._discarded is not None and self._discarded < _MOST_DISCARDED:
            self._discarded += len(self._more())
        raise ConnectionAbortedError

    def _more(self) -> bytes:
        data: bytes = self.sock.recv(_PORTION)
        if not data:
            raise ConnectionResetError
        return data
