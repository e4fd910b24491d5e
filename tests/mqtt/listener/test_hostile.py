"""Five thousand connections that mean no good leave the listener as it was."""

import random
import secrets
import socket
import ssl
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from devices.models import ClientBinding, Device
from logs.models import LogEntry
from products.models import Product
from protocol import mqtt
from protocol.client_id import RegistrationMode
from tests.clients.connects import registration_connect, signed_connect
from tests.clients.process import ListenerProcess, StartProcess
from tests.clients.running import eventually
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTIONS = 5000
WARM_UP = 2000  # the allocator and caches reach their size
TLS_SHARE = 0.3
HALF_OPEN = 200  # held all the time
# Growth in memory that is noise. One kept connection in ten would be 20 MB.
NOISE = 6 * 1024 * 1024

# With these every attempt is read, checked and logged.
NO_LIMITS = {f"FAILURES_PER_{kind}": "1000000" for kind in ("ADDRESS", "PRODUCT", "DEVICE")}

Hostile = Callable[[random.Random, bytes, bytes], bytes]


def mutated(chance: random.Random, _good: bytes, wrong: bytes) -> bytes:
    data = bytearray(wrong)
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def truncated(chance: random.Random, good: bytes, _wrong: bytes) -> bytes:
    return good[: chance.randrange(len(good))]


def oversized(chance: random.Random, good: bytes, _wrong: bytes) -> bytes:
    header = b"\x10" + chance.choice([b"\xff\xff\xff\x7f", b"\x81\x40", b"\xff\xff\xff\xff\xff"])
    return header + good * chance.randint(1, 60)


def repeated(chance: random.Random, _good: bytes, wrong: bytes) -> bytes:
    return wrong * chance.randint(2, 5)


def noise(chance: random.Random, _good: bytes, _wrong: bytes) -> bytes:
    return chance.randbytes(chance.randint(1, 400))


def other_packets(chance: random.Random, _good: bytes, wrong: bytes) -> bytes:
    packets = [
        mqtt.PINGREQ,
        mqtt.DISCONNECT,
        mqtt.publish("/a/b", b"x" * 100, 1, 5),
        mqtt.subscribe(1, [("#", 1)]),
        b"\x62\x02\x00\x01",
    ]
    chance.shuffle(packets)
    return chance.choice([b"", wrong]) + b"".join(packets)


KINDS: list[Hostile] = [mutated, truncated, oversized, repeated, noise, other_packets]


class Attack:
    def __init__(self, process: ListenerProcess, product: Product, closed: Product) -> None:
        self._process = process
        # Rightly signed, and never sent whole to where it would be answered with a secret.
        self._good = registration_connect(product, "sim-00001")
        self._wrong = [
            registration_connect(product, "sim-00001", secret="not the secret"),
            registration_connect(closed, "sim-00001"),
            registration_connect(product, "nobody-01", RegistrationMode.REGISTER),
        ]

    def one(self, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - to be repeated
        data = chance.choice(KINDS)(chance, self._good, chance.choice(self._wrong))
        tls = chance.random() < TLS_SHARE
        port = self._process.port if tls else self._process.plain_port
        with suppress(OSError), ExitStack() as stack:
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            if tls and chance.random() < 0.7:
                client = stack.enter_context(self._secured(client))
            self._send(chance, client, data)
            self._leave(chance, client)

    def _secured(self, client: socket.socket) -> ssl.SSLSocket:
        context = self._process.client_tls
        return context.wrap_socket(client, server_hostname="127.0.0.1")

    def _send(self, chance: random.Random, client: socket.socket, data: bytes) -> None:
        if chance.random() < 0.1:  # slowly, in single bytes
            for at in range(min(len(data), 100)):
                client.sendall(data[at : at + 1])
        else:
            client.sendall(data)

    def _leave(self, chance: random.Random, client: socket.socket) -> None:
        how = chance.random()
        if how < 0.3:  # with a reset
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif how < 0.6:  # half closed, reading what comes
            client.shutdown(socket.SHUT_WR)
            client.settimeout(0.02)
            while client.recv(65536):
                pass

    def run(self, seeds: range) -> None:
        with ThreadPoolExecutor(8) as pool:
            for _ in pool.map(self.one, seeds):
                pass


@pytest.mark.parametrize("environment", [{}, NO_LIMITS], ids=["default limits", "no limits"])
def test_hostile_connections_leave_the_listener_serving_and_as_small_as_before(
    start: StartProcess, environment: dict[str, str]
) -> None:
    first = secrets.randbelow(10**9)
    print(f"seeds {first} to {first + CONNECTIONS}")  # noqa: T201 - to run a failure again
    product, closed = make_product(), make_product(open_registration=False)
    device = make_device(product, "lamp-0001")
    process = start(environment=environment).ready()
    attack = Attack(process, product, closed)
    # Logged while this address is within its limits; many of those to come do not stay to be.
    assert forged(process, product) == 4
    assert eventually(LogEntry.objects.filter(reason="bad_signature").exists)
    with ExitStack() as stack:
        held = [stack.enter_context(process.client(tls=n % 4 == 0)) for n in range(HALF_OPEN)]
        bystander = stack.enter_context(process.client(tls=True))
        bystander.send(signed_connect(device))
        assert bystander.connack() == 0
        attack.run(range(first, first + WARM_UP))
        memory = process.memory()
        attack.run(range(first + WARM_UP, first + CONNECTIONS))
        assert bystander.ask(mqtt.PINGREQ) == mqtt.PingResp()
        for half_open in held:
            half_open.close()
        # It gave all of them up but for itself, its database and the bystander.
        assert eventually(lambda: process.descriptors() < 40)
        assert process.memory() - memory < NOISE
    assert not ClientBinding.objects.exists()
    assert not Device.objects.filter(registered_at__isnull=False).exists()
    with process.client(tls=True) as genuine:
        genuine.send(registration_connect(product, "sim-00002"))
        assert genuine.connack() == 0
        assert genuine.push().topic == "/ext/regnwl"
    assert forged(process, product) == 4
    for word in ("Traceback", "Exception", "ERROR"):
        assert word not in process.log


def forged(process: ListenerProcess, product: Product) -> int:
    """The code of the answer to a registration that is signed with a wrong secret."""
    with process.client(tls=True) as forger:
        forger.send(registration_connect(product, "sim-00002", secret="not the secret"))
        return forger.connack()
