"""The HTTP server of one process: its connections, and the threads of its application."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from common.net.acceptor import Acceptor
from common.net.connection_limits import Slot, Slots
from common.net.handshake_queue import HandshakeQueue
from common.net.http import answer as answers
from common.net.http.answer import Answer, Application
from common.net.http.connection import HttpConnection
from common.net.http.environ import Environ, Local
from common.net.http.exchange import Exchange
from common.net.http.threads import FairThreads
from common.net.peers import Peers, until
from common.ops.metrics import counter, gauge

# Bodies of more than SMALL bytes that are received at once, in all and of one origin.
LARGE_AT_ONCE = 8
LARGE_OF_ONE = 4
_SWEEP_SECONDS = 0.5

_open = gauge("http_connections", "Connections open now.")
_refused = counter("http_refused", "Requests refused unread, by status.", "status")

# How many bytes of body a request may bring, called on a thread with the start of the body as far
# as that is here. None: that depends on the start, of which there has to be more.
BodyLimit = Callable[[Environ, bytes], int | None]

# For answers that the application has no part in. Old firmware reads no line of over 128 bytes.
_HEADERS = (
    (b"Content-Type", b"text/plain"),
    (b"Content-Security-Policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Frame-Options", b"DENY"),
    (b"Cache-Control", b"no-store"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """`forwarded`: a proxy is in front, which says in X-Forwarded-For whose a request is."""

    threads: int
    body_limit: BodyLimit
    forwarded: bool = False
    tls: ssl.SSLContext | None = None


class HttpServer:
    """`listen`, then `serve` until that is cancelled, then `stop`; all on one event loop."""

    local: Local

    def __init__(self, application: Application, slots: Slots, options: Options) -> None:
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time
        self.peers = Peers[HttpConnection](self.now, slots, HandshakeQueue(self.loop))
        self.stopping = False
        self._application = application
        self._options = options
        self._threads = FairThreads(options.threads, self.loop, self.peers.handshakes.regulars)
        self._large: Counter[str] = Counter()
        self._acceptors: list[Acceptor] = []
        _open.set_function(lambda: len(self.peers.connections))

    def listen(self, listening: Sequence[Any]) -> None:
        """Accept on these sockets, which are bound to the same address."""
        for one in listening:
            admits = (lambda _: True) if self._options.forwarded else None
            acceptor = Acceptor(one, self._options.tls, admits=admits)
            host, port = one.getsockname()[:2]
            self.local = Local(host, port, self._options.tls is not None)
            acceptor.start(self.peers, self._connect)
            self._acceptors.append(acceptor)

    def _connect(self, slot: Slot, address: str | None) -> HttpConnection:
        return HttpConnection(self, slot, address)

    async def serve(self) -> None:
        """Keep deadlines, until it is cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            await self.peers.sweep()

    async def stop(self, within: float) -> None:
        """Accept no more; answer what was asked, as far as `within` seconds allow."""
        self.stopping = True
        for acceptor in self._acceptors:
            acceptor.close()
        for opening in list(self.peers.opening):
            opening.abort()
        for connection in list(self.peers.connections):
            connection.stop()
        await until(lambda: not any(one.owes for one in self.peers.connections), within)
        for connection in list(self.peers.connections):
            connection.abort()
        await asyncio.sleep(0)
        self._threads.stop()

    # --- called by connections ----------------------------------------------------------------

    def forwarded_for(self, environ: Environ) -> str:
        """Return the client's address that the proxy names; empty without a proxy."""
        if not self._options.forwarded:
            return ""
        return str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()

    def proven(self, slot: Slot, origin: str) -> None:
        """The sender of a request has shown a good credential."""
        self.peers.prove(slot)
        self.peers.handshakes.proven(origin)

    def take_large(self, origin: str) -> bool:
        """Whether there was a place for a large body from there; `leave_large` frees it."""
        full = self._large.total() >= LARGE_AT_ONCE
        if full or self._large[origin] >= LARGE_OF_ONE:
            return False
        self._large[origin] += 1
        return True

    def leave_large(self, origin: str) -> None:
        self._large[origin] -= 1
        if not self._large[origin]:
            del self._large[origin]

    def ask_limit(
        self, origin: str, environ: Environ, start: bytes, told: Callable[[int | None], None]
    ) -> None:
        """Have `told` called with the bytes of body that the application allows."""

        def ask() -> None:
            limit: int | None = 0
            try:
                limit = self._options.body_limit(environ, start)
            finally:
                self.call(told, limit)

        self._threads.submit(origin, ask)

    def run(self, origin: str, environ: Environ, answer: Answer) -> None:
        """Have the application answer, on a thread, when it is the origin's turn."""

        def run() -> None:
            answers.run(self._application, environ, answer)

        self._threads.submit(origin, run)

    def finished(self, answer: Answer) -> None:
        """It was sent, or its client is gone."""
        answer.close()
        if answer.file is not None:
            # The application may do more than close it.
            self._threads.submit("", answer.file.close)

    def call(self, function: Callable[..., None], *values: Any) -> None:
        """On the loop, from a thread."""
        self._threads.call(function, *values)

    @staticmethod
    def refusal(status: int) -> bytes:
        """An answer without the application, after which the connection is closed."""
        _refused.labels(str(int(status))).inc()
        exchange = Exchange()
        text = f"{status}\n".encode()
        head = exchange.head(status, [*_HEADERS, (b"Content-Length", b"%d" % len(text))])
        return head + exchange.data(text) + exchange.end()
