"""An HttpServer on a loop in a thread, for a small application."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from common.net.acceptor import listening_socket
from common.net.connection_limits import Slots
from common.net.http.server import HttpServer, Options

PATIENCE = 20
Application = Callable[..., Iterable[bytes]]


class Running:
    """Use `server` only by `do`, which runs on its loop."""

    def __init__(self, port: int, loop: asyncio.AbstractEventLoop, server: HttpServer) -> None:
        self.port = port
        self.loop = loop
        self.server = server

    def do(self, act: Callable[[], Any]) -> Any:
        async def call() -> Any:
            return act()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(PATIENCE)

    def stop(self, within: float = PATIENCE) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(within), self.loop).result(2 * PATIENCE)

    def open(self, tls: ssl.SSLContext | None = None, source: str = "127.0.0.1") -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.port), PATIENCE, (source, 0))
        return tls.wrap_socket(opened, server_hostname="localhost") if tls else opened

    def ask(self, request: bytes, tls: ssl.SSLContext | None = None) -> bytes:
        """All that comes back until the server closes."""
        with self.open(tls) as connection:
            connection.sendall(request)
            return everything(connection)


def everything(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def running(
    application: Application,
    *,
    tls: ssl.SSLContext | None = None,
    slots: tuple[int, int, int] = (1000, 1000, 1000),
    threads: int = 2,
    limit: Callable[[dict[str, Any], bytes], int | None] = lambda *_: 0,
    forwarded: bool = False,
) -> Iterator[Running]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def open_() -> Running:
        server = HttpServer(application, Slots(*slots), Options(threads, limit, forwarded, tls))
        listening = listening_socket("127.0.0.1", 0, shared=False)
        server.listen([listening])
        return Running(listening.getsockname()[1], loop, server)

    async def close(running: Running) -> None:
        if not running.server.stopping:
            await running.server.stop(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    started = asyncio.run_coroutine_threadsafe(open_(), loop).result(PATIENCE)
    sweeping = asyncio.run_coroutine_threadsafe(started.server.serve(), loop)
    try:
        yield started
    finally:
        asyncio.run_coroutine_threadsafe(close(started), loop).result(PATIENCE)
        assert sweeping.cancelled()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
