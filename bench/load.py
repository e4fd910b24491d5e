"""The load: many short MQTT conversations at once, each until the answer that counts has come."""

import asyncio
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.protocol import mqtt

# A conversation that takes longer counts as failed.
PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Target:
    """`ca` is the certificate to trust, or None for plain TCP."""

    port: int
    ca: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=str(self.ca)) if self.ca else None


@dataclass(frozen=True, slots=True)
class Conversation:
    """Send `request`; done once packets of these types came back. QoS 0 throughout."""

    request: bytes
    answer: tuple[type, ...]


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall-clock seconds of the whole, and of each conversation in ascending order."""

    seconds: float
    latencies: Sequence[float]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


class _Talk(asyncio.Protocol):
    """Writes the request at once, compares what comes back, and closes first, as devices do."""

    def __init__(self, conversation: Conversation, *, stay: bool) -> None:
        self._conversation = conversation
        self._stay = stay
        self._decoder = mqtt.Decoder(mqtt.LIMIT_AUTHENTICATED, server_side=False)
        self._seen: list[type] = []
        self.transport: asyncio.Transport | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._conversation.request)

    def data_received(self, data: bytes) -> None:
        for packet in self._decoder.feed(data):
            self._seen.append(type(packet))
            if isinstance(packet, mqtt.ConnAck) and packet.code:
                self._finish(ConnectionRefusedError(f"CONNACK {packet.code}"))
                return
        if tuple(self._seen) == self._conversation.answer:
            self._finish(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(exc or ConnectionResetError("closed before the answer"))

    def _finish(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)
        if self.transport and not (self._stay and error is None):
            self.transport.close()


def run(target: Target, conversations: Sequence[Conversation], at_once: int) -> Timing:
    """Hold every conversation, `at_once` at a time. Any failure is raised."""
    return asyncio.run(_run(target, conversations, at_once))


async def _run(target: Target, conversations: Sequence[Conversation], at_once: int) -> Timing:
    tls, queue = target.tls(), iter(conversations)
    started = time.perf_counter()
    workers = [_work(target, tls, queue) for _ in range(at_once)]
    latencies = [one for worker in await asyncio.gather(*workers) for one in worker]
    return Timing(time.perf_counter() - started, sorted(latencies))


async def _work(
    target: Target, tls: ssl.SSLContext | None, queue: Iterator[Conversation]
) -> list[float]:
    latencies = []
    for conversation in queue:
        started = time.perf_counter()
        await _talk(target, tls, conversation, stay=False)
        latencies.append(time.perf_counter() - started)
    return latencies


async def _talk(
    target: Target, tls: ssl.SSLContext | None, conversation: Conversation, *, stay: bool
) -> _Talk:
    async with asyncio.timeout(PATIENCE_SECONDS):
        _, talk = await asyncio.get_running_loop().create_connection(
            lambda: _Talk(conversation, stay=stay),
            "127.0.0.1",
            target.port,
            ssl=tls,
            server_hostname="localhost" if tls else None,
        )
        await talk.done
    return talk


class Crowd:
    """Connections that stay open, for measuring what an idle one holds. Use it in a `with`."""

    def __init__(self, target: Target, conversations: Sequence[Conversation]) -> None:
        self._target, self._conversations = target, conversations
        self._runner = asyncio.Runner()
        self._talks: list[_Talk] = []

    def __enter__(self) -> "Crowd":
        self._runner.run(self._open())
        return self

    async def _open(self) -> None:
        tls = self._target.tls()
        for conversation in self._conversations:
            self._talks.append(await _talk(self._target, tls, conversation, stay=True))

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._close())
        self._runner.close()

    async def _close(self) -> None:
        for talk in self._talks:
            if talk.transport:
                talk.transport.abort()
        await asyncio.sleep(0)
