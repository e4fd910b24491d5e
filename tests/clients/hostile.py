"""Those who mean harm, as many as are asked for and no more: each goes on until it is cancelled.

They come from several addresses of the loopback network, know no secret, and take nothing amiss: a
connection that the server closes or refuses is replaced by another.
"""

import asyncio
import itertools
import random
import ssl
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socket import AF_INET, SOCK_STREAM, socket
from typing import Any

from protocol import mqtt

SOURCES = tuple(f"127.0.3.{number}" for number in range(1, 65))
# Seconds between bytes of those who are slow, and before a connection that failed is replaced.
DRIP = 0.5
PAUSE = 0.5
_MOST_UNANSWERED = 500
# What costs a server the most for each byte: pings, filters that are refused, foreign topics.
FLOOD = (
    mqtt.PINGREQ * 1000
    + mqtt.subscribe(1, [("a", 0)] * 100) * 50
    + mqtt.unsubscribe(1, ["a"] * 100) * 50
    + mqtt.publish("a", b"") * 500
)
_TICK = 0.02


@dataclass(frozen=True, slots=True)
class Target:
    """A listener on 127.0.0.1. `names` are DeviceNames of the product that exist.

    `connects` are good CONNECTs of devices that mean harm.
    """

    tls_port: int
    plain_port: int
    product_key: str
    names: Sequence[str] = ()
    https_port: int = 0
    console_port: int = 0
    sources: Sequence[str] = SOURCES
    # CONNECT packets of devices that are let in: their credentials were stolen.
    connects: Sequence[bytes] = ()
    # What happened, by attack and answer.
    seen: Counter[str] = field(default_factory=Counter)


async def half_open(target: Target, number: int) -> None:
    """So many sockets, on either port, that say nothing."""
    ports = itertools.cycle([target.tls_port, target.plain_port])

    async def one(source: str) -> None:
        with await _opened(next(ports), source) as connection:
            await asyncio.get_running_loop().sock_recv(connection, 1)
            target.seen["half-open: given up"] += 1

    await held(target, number, one)


async def slow_handshakes(target: Target, number: int) -> None:
    """So many handshakes that come byte by byte, or stop when the server has done its part."""
    hello, slowly = client_hello(), itertools.cycle([True, False])

    async def one(source: str) -> None:
        with await _opened(target.tls_port, source) as connection:
            await (_drip if next(slowly) else _stall)(connection, hello)

    await held(target, number, one)


async def slow_connects(target: Target, number: int) -> None:
    """So many CONNECT packets, one byte after the other."""
    connects = bad_connects(target)

    async def one(source: str) -> None:
        with await _opened(target.plain_port, source) as connection:
            await _drip(connection, next(connects))

    await held(target, number, one)


async def handshakes(target: Target, per_second: int) -> None:
    """The dear half of so many handshakes a second: the server signs, and nobody is there."""
    hello = client_hello()

    async def one(source: str) -> None:
        with await _opened(target.tls_port, source) as connection:
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(connection, hello)
            answered = await loop.sock_recv(connection, 1)
            target.seen["handshake: answered" if answered else "handshake: closed"] += 1

    await paced(target, per_second, one)


async def bad_signatures(target: Target, per_second: int) -> None:
    """So many attempts a second over TLS, of both kinds, half of them from a single address."""
    connects, tls = bad_connects(target), careless_tls()
    sources = itertools.cycle([target.sources[0], ""])

    async def one(source: str) -> None:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            target.tls_port,
            ssl=tls,
            server_hostname="localhost",
            local_addr=(next(sources) or source, 0),
        )
        try:
            writer.write(next(connects))
            answer = await reader.read(16)
            target.seen[f"bad signature: {answer.hex()}"] += 1
        finally:
            writer.transport.abort()

    await paced(target, per_second, one)


async def floods(target: Target, number: int) -> None:
    """So many devices that were let in and send packets without a pause, reading the answers."""
    connects, loop = itertools.cycle(target.connects), asyncio.get_running_loop()

    async def one(source: str) -> None:
        with await _opened(target.plain_port, source) as connection:
            await loop.sock_sendall(connection, next(connects))
            await loop.sock_recv(connection, 4)
            reading = loop.create_task(_stall(connection, b""))
            try:
                while not reading.done():
                    await loop.sock_sendall(connection, FLOOD)
                    target.seen["flood: sent"] += 1
            finally:
                reading.cancel()

    await held(target, number, one)


@contextmanager
def attacked(*attacks: Coroutine[Any, Any, None]) -> Iterator[None]:
    """By all of them meanwhile, in a thread of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="attackers")
    thread.start()
    tasks = [asyncio.run_coroutine_threadsafe(attack, loop) for attack in attacks]
    try:
        yield
        failed = [task.exception() for task in tasks if task.done()]
        assert not failed, failed
    finally:
        asyncio.run_coroutine_threadsafe(_cancelled(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _cancelled() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


# --- What they send -----------------------------------------------------------------------
def bad_connects(target: Target) -> Iterator[bytes]:
    """Registrations and connections of devices that exist and that do not, wrongly signed."""
    chance = random.Random()  # noqa: S311 - nothing is to be guessed
    for number in itertools.count():
        known = target.names and number % 2
        name = chance.choice(target.names) if known else f"stranger-{chance.randrange(10**6):06}"
        key, wrong = target.product_key, chance.randbytes(32).hex()
        username = f"{name}&{key}"
        if number % 4 < 2:
            block = "random=5,authType=regnwl,securemode=2,signmethod=hmacsha256"
            yield mqtt.connect(f"{name}.{key}|{block}|", username, wrong, keepalive=60)
        else:
            block = "timestamp=5,securemode=2,signmethod=hmacsha256"
            yield mqtt.connect(f"{key}.{name}|{block}|", username, wrong, keepalive=60)


def client_hello() -> bytes:
    """As a device opens a handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = careless_tls().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def careless_tls() -> ssl.SSLContext:
    """An attacker does not mind whom he attacks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# --- How --------------------------------------------------------------------------------
async def _opened(port: int, source: str) -> socket:
    connection = socket(AF_INET, SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    except BaseException:
        connection.close()
        raise
    return connection


async def _drip(connection: socket, data: bytes) -> None:
    """Until all is sent or the server has had enough."""
    loop = asyncio.get_running_loop()
    for at in range(len(data)):
        await loop.sock_sendall(connection, data[at : at + 1])
        await asyncio.sleep(DRIP)


async def _stall(connection: socket, data: bytes) -> None:
    """Until the server closes."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(connection, data)
    while await loop.sock_recv(connection, 65536):
        pass


async def held(target: Target, number: int, one: Callable[[str], Awaitable[None]]) -> None:
    async def again(source: str) -> None:
        while True:
            with suppress(OSError):
                await one(source)
            await asyncio.sleep(PAUSE)

    sources = itertools.islice(itertools.cycle(target.sources), number)
    await asyncio.gather(*map(again, sources))


async def paced(target: Target, per_second: int, one: Callable[[str], Awaitable[None]]) -> None:
    """With no more than so many that wait for an answer."""
    loop, sources = asyncio.get_running_loop(), itertools.cycle(target.sources)
    waiting: set[asyncio.Task[None]] = set()
    begun, started = 0, loop.time()

    async def quietly(source: str) -> None:
        with suppress(OSError):
            await one(source)

    while True:
        due = int((loop.time() - started) * per_second) - begun
        for _ in range(min(due, _MOST_UNANSWERED - len(waiting))):
            task = loop.create_task(quietly(next(sources)))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        begun += due
        await asyncio.sleep(_TICK)
