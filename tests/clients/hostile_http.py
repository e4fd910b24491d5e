"""Attacks on the HTTP ports by those who have no account, and the table of all attacks."""

import asyncio
import itertools
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests.clients import hostile
from tests.clients.hostile import DRIP, Target, careless_tls, held, paced

# A head that never ends in what it says, and a body whose length is announced again behind it.
ENDLESS_HEAD = (
    b"POST / HTTP/1.1\r\nHost: x\r\ncontent-length:"
    + b" " * 1_000_000
    + (b"\r\ncontent-length: 8000000\r\n\r\n")
)
UPLOAD = (
    b"POST /products/new/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 760000000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
)
_PIECES_AT_ONCE = 64
_BLOCK = bytes(64 * 1024)


async def endless_heads(target: Target, number: int) -> None:
    """So many heads of a megabyte on the HTTPS port, a byte in each TLS record, without a pause."""

    async def one(source: str) -> None:
        async with _opened(target.https_port, source, careless_tls()) as (reader, writer):
            pieces = (ENDLESS_HEAD[at : at + 1] for at in range(len(ENDLESS_HEAD)))
            await _sent_in_pieces(writer, pieces)
            await _answered(target, "endless head", reader)

    await held(target, number, one)


async def endless_lines(target: Target, number: int) -> None:
    """So many heads on the HTTPS port whose header lines never end."""

    async def one(source: str) -> None:
        async with _opened(target.https_port, source, careless_tls()) as (reader, writer):
            lines = (b"X-%d: y\r\n" % line for line in itertools.count())
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
            await _sent_in_pieces(writer, lines)
            await _answered(target, "endless lines", reader)

    await held(target, number, one)


async def half_requests(target: Target, number: int) -> None:
    """So many requests to the console, of which a line comes, and then now and then a byte."""

    async def one(source: str) -> None:
        async with _opened(target.console_port, source, None) as (reader, writer):
            writer.write(b"GET /sign-in/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            while not reader.at_eof():
                writer.write(b"x")
                await writer.drain()
                with suppress(TimeoutError):
                    async with asyncio.timeout(DRIP):
                        await reader.read(4096)
            target.seen["half request: given up"] += 1

    await held(target, number, one)


async def anonymous_uploads(target: Target, per_second: int) -> None:
    """So many large files a second for pages of the console, from strangers."""

    async def one(source: str) -> None:
        async with _opened(target.console_port, source, None) as (reader, writer):
            writer.write(UPLOAD)
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(2):
                    while not reader.at_eof():
                        writer.write(_BLOCK)
                        await writer.drain()
                        await asyncio.sleep(0)
            await _answered(target, "upload", reader)

    await paced(target, per_second, one)


ATTACKS: Mapping[str, Callable[[Target, int], Coroutine[Any, Any, None]]] = {
    attack.__name__: attack
    for attack in (
        *(hostile.half_open, hostile.bad_signatures, hostile.slow_handshakes),
        *(hostile.slow_connects, hostile.handshakes, hostile.floods),
        *(endless_heads, endless_lines, half_requests, anonymous_uploads),
    )
}


@asynccontextmanager
async def _opened(
    port: int, source: str, tls: ssl.SSLContext | None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1",
        port,
        ssl=tls,
        server_hostname="localhost" if tls else None,
        local_addr=(source, 0),
    )
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _sent_in_pieces(writer: asyncio.StreamWriter, pieces: Iterable[bytes]) -> None:
    """Each in a TLS record of its own, until the server has had enough."""
    with suppress(OSError):
        for number, piece in enumerate(pieces):
            writer.write(piece)
            if number % _PIECES_AT_ONCE == 0:
                await writer.drain()
                await asyncio.sleep(0)
            if writer.transport.is_closing():
                return


async def _answered(target: Target, attack: str, reader: asyncio.StreamReader) -> None:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(5):
            status = (await reader.readline())[9:12].decode()
            target.seen[f"{attack}: {status}"] += 1
