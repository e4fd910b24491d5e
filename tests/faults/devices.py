"""Devices that register, connect and publish over real sockets, and write down what they saw."""

import asyncio
import contextlib
import json
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from devices.models import Device
from products.models import Product
from protocol import mqtt
from protocol.client_id import RegistrationMode
from registration.operations.client_id_slots import ClientIdIssued
from tests.clients.connects import registration_connect, signed_connect, token_connect
from tests.faults.history import (
    NEVER,
    Connection,
    Credential,
    History,
    Outcome,
    Registration,
)
from tests.faults.world import Program

# Longer than the server may take to say that it cannot.
PATIENCE = 20.0
# Refusals that say nothing about the credential: the server cannot at the moment.
UNAVAILABLE = mqtt.CONNACK_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Door:
    """A port of a listener. Plain ones are behind a proxy that ends TLS."""

    port: int
    tls: ssl.SSLContext | None


def doors_of(ca_file: Path, *listeners: Program) -> list[Door]:
    """The ports of all of them."""
    tls = ssl.create_default_context(cafile=ca_file)
    return [
        Door(port, context)
        for listener in listeners
        for port, context in zip(listener.ports, (tls, None), strict=True)
    ]


class Wire:
    """One connection; every way it can break is ConnectionError."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = mqtt.Decoder(mqtt.LIMIT_AUTHENTICATED, server_side=False)
        self._received: list[mqtt.Packet] = []

    @classmethod
    async def open(cls, door: Door) -> "Wire":
        with _as_connection_error():
            async with asyncio.timeout(PATIENCE):
                name = "localhost" if door.tls else None
                return cls(
                    *await asyncio.open_connection(
                        "127.0.0.1", door.port, ssl=door.tls, server_hostname=name
                    )
                )

    async def ask(self, data: bytes) -> mqtt.Packet:
        with _as_connection_error():
            self._writer.write(data)
            async with asyncio.timeout(PATIENCE):
                return await self._next()

    async def next(self, within: float) -> mqtt.Packet | None:
        """The next packet, or None when none comes in time."""
        with _as_connection_error():
            try:
                async with asyncio.timeout(within):
                    return await self._next()
            except TimeoutError:
                return None

    async def _next(self) -> mqtt.Packet:
        while not self._received:
            data = await self._reader.read(65536)
            if not data:
                raise ConnectionResetError
            self._received += self._decoder.feed(data)
        return self._received.pop(0)

    async def leave(self, *, politely: bool) -> None:
        """With goodbye or without; returns when it is closed."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            if politely:
                self._writer.write(mqtt.DISCONNECT)
                self._writer.close()
                async with asyncio.timeout(1):
                    await self._writer.wait_closed()
        with contextlib.suppress(OSError, RuntimeError):
            self._writer.transport.abort()
            await self._writer.wait_closed()


@contextlib.contextmanager
def _as_connection_error() -> Iterator[None]:
    try:
        yield
    except ConnectionError:
        raise
    except (OSError, TimeoutError, ssl.SSLError, asyncio.IncompleteReadError) as error:
        raise ConnectionError(str(error)) from error


Attempt = tuple[Wire, Connection] | tuple[None, Connection | None]


@dataclass(slots=True)
class Fleet:
    """`choose` picks a door for each connection. `open`: the sessions of the moment."""

    history: History
    choose: Callable[[], Door]
    open: dict[int, Connection] = field(default_factory=dict)
    refusals: Counter[int] = field(default_factory=Counter)  # by CONNACK code

    async def register(
        self, product: Product, device_name: str, mode: RegistrationMode
    ) -> Credential | None:
        """Register and return the credential. Record nothing if no listener could be reached."""
        with contextlib.suppress(ConnectionError):
            wire = await Wire.open(self.choose())
            began = monotonic()
            outcome, credential = Outcome.UNKNOWN, None
            with contextlib.suppress(ConnectionError):
                outcome, credential = await self._registered(wire, product, device_name, mode)
            await wire.leave(politely=True)
            ended = NEVER if outcome is Outcome.UNKNOWN else monotonic()
            name, regnwl = (product.product_key, device_name), mode is RegistrationMode.REGNWL
            self.history.registrations.append(
                Registration(name, regnwl, began, ended, outcome, credential)
            )
            return credential
        return None

    async def _registered(
        self, wire: Wire, product: Product, device_name: str, mode: RegistrationMode
    ) -> tuple[Outcome, Credential | None]:
        code = _code(await wire.ask(registration_connect(product, device_name, mode)))
        if code:
            self.refusals[code] += 1
            return (Outcome.UNKNOWN if code == UNAVAILABLE else Outcome.REFUSED), None
        push = await wire.next(PATIENCE)
        if not isinstance(push, mqtt.Publish):
            return Outcome.UNKNOWN, None
        return Outcome.OK, _credential(product, device_name, push)

    async def connect(self, product: Product, credential: Credential) -> Attempt:
        """The session, if it was admitted, and what became of the attempt."""
        with contextlib.suppress(ConnectionError):
            wire = await Wire.open(self.choose())
            connection = Connection(credential, monotonic(), NEVER, Outcome.UNKNOWN)
            self.history.connections.append(connection)
            with contextlib.suppress(ConnectionError):
                code = _code(await wire.ask(_connect(product, credential)))
                if code != UNAVAILABLE:
                    connection.outcome = Outcome.REFUSED if code else Outcome.OK
                    connection.ended = monotonic()
            if connection.outcome is Outcome.OK:
                self.open[id(connection)] = connection
                return wire, connection
            await wire.leave(politely=False)
            return None, connection
        return None, None

    async def live(self, wire: Wire, connection: Connection, lasts: Callable[[], float]) -> None:
        """Publish and listen until the server closes, or for as long as `lasts` says in turn."""
        topic = f"/{'/'.join(connection.credential.name)}/user/update"
        try:
            with contextlib.suppress(ConnectionError):
                while (seconds := lasts()) > 0:
                    await wire.ask(mqtt.publish(topic, b"{}", 1, 1))
                    await wire.next(seconds)
        finally:
            await wire.leave(politely=id(connection) % 2 == 0)
            self.closed(connection)

    def closed(self, connection: Connection) -> None:
        connection.closed = min(connection.closed, monotonic())
        self.open.pop(id(connection), None)


def _code(packet: mqtt.Packet) -> int:
    if not isinstance(packet, mqtt.ConnAck):
        raise ConnectionResetError(type(packet).__name__)
    return packet.code


def _credential(product: Product, device_name: str, push: mqtt.Publish) -> Credential:
    told = json.loads(push.payload)
    name = (product.product_key, device_name)
    if "deviceSecret" in told:
        return Credential(name, told["deviceSecret"])
    return Credential(name, told["deviceToken"], told["clientId"])


def _connect(product: Product, credential: Credential) -> bytes:
    _, device_name = credential.name
    if credential.client_id:
        issued = ClientIdIssued(credential.client_id, credential.secret)
        return token_connect(product, device_name, issued)
    device = Device(product=product, device_name=device_name, device_secret=credential.secret)
    return signed_connect(device)
