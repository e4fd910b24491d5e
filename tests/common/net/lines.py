"""A connection of which the test holds the far end, and what its protocol was told."""

import asyncio
import socket
import struct
from typing import Any

from common.net.tcp_transport import PlainTransport


class Heard(asyncio.Protocol):
    """Keeps what it is told; `fail` makes it a faulty protocol. Its transport is of this `kind`."""

    kind: type[asyncio.BaseTransport] = PlainTransport

    def __init__(self, fail: object) -> None:
        self.fail = fail
        self.said: list[object] = []
        self.news = asyncio.Event()

    def note(self, event: object) -> None:
        self.said.append(event)
        self.news.set()
        if event == self.fail:
            raise RuntimeError("faulty")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, self.kind)
        self.note("made")

    def data_received(self, data: bytes) -> None:
        self.note(data)

    def eof_received(self) -> None:
        self.note("eof")

    def pause_writing(self) -> None:
        self.note("pause")

    def resume_writing(self) -> None:
        self.note("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.note(("lost", type(exc)))


class Line:
    """`near` is for the transport of `heard`."""

    def __init__(self, heard: Heard) -> None:
        self.errors: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: self.errors.append(context)
        )
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.far = socket.create_connection(server.getsockname())
            self.near, _ = server.accept()
        self.far.setblocking(False)
        self.heard = heard

    async def until(self, event: object) -> None:
        """Return once it was said."""
        async with asyncio.timeout(10):
            while event not in self.heard.said:
                self.heard.news.clear()
                await self.heard.news.wait()

    def reset(self) -> None:
        self.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.far.close()
