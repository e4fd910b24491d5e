"""gunicorn's worker class for our HTTP server: gunicorn keeps the processes, nothing else.

It binds the sockets, starts processes, replaces those that die, and renews them on SIGHUP. Of its
interface only what it documents for worker classes is used (docs.gunicorn.org, design).
"""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
from typing import Any

from django.conf import settings
from gunicorn.workers.base import Worker

from common.net.connection_limits import Slots
from common.net.descriptors import raise_limit
from common.net.http.server import BodyLimit, HttpServer, Options

# Seconds between signs of life to gunicorn.
_NOTIFY_SECONDS = 1.0
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


class HttpWorker(Worker):  # type: ignore[misc]
    """A subclass says how large bodies may be."""

    body_limit: BodyLimit

    @property
    def forwarded(self) -> bool:
        """Whether a proxy is in front that says whose requests are."""
        return False

    def tls(self) -> ssl.SSLContext | None:
        """The context of a port with TLS; called every second, to take up new certificates."""
        return None

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in _STOPS:
            loop.add_signal_handler(number, stop.set)
        raise_limit(settings.MAX_CONNECTIONS)
        server = HttpServer(self.wsgi, Slots.from_settings(), self._options())
        server.listen([_own(one) for one in self.sockets])
        serving = asyncio.create_task(server.serve())
        # Not alive: it was told to stop while it was starting.
        while self.alive and not stop.is_set() and os.getppid() == self.ppid:
            self.notify()
            self.tls()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _NOTIFY_SECONDS)
        serving.cancel()
        await server.stop(self.cfg.graceful_timeout)

    def _options(self) -> Options:
        return Options(self.cfg.threads, type(self).body_limit, self.forwarded, self.tls())


def _own(listening: Any) -> socket.socket:
    """gunicorn's socket as one of Python's."""
    own = socket.socket(fileno=os.dup(listening.fileno()))
    own.setblocking(False)
    # Accepted ones inherit it; else an answer in two packets waits 40 ms for the client.
    own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return own
