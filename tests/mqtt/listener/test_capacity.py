"""How many connections there may be, and what each may cost."""

import errno
import gc
import socket
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest

from common.net import acceptor
from common.net.tls_transport import TlsTransport
from devices.models import ClientBinding
from mqtt.listener.batcher import Job
from mqtt.listener.connection import Connection
from tests.clients.connects import registration_connect, signed_connect
from tests.clients.hostile import client_hello
from tests.clients.mqtt import PATIENCE, MqttClient
from tests.clients.running import RunningListener, StartListener, eventually
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("sent", [b"", b"garbage", client_hello(), None])
def test_whoever_is_gone_leaves_nothing_to_the_garbage_collector(
    listener: RunningListener, sent: bytes | None
) -> None:
    """It would free thousands at once, and everybody would wait. None: an MQTT session."""
    device = make_device(make_product(), "lamp-0001")
    gc.collect()  # what other tests have left
    gc.disable()
    try:
        if sent is None:
            listener.online(signed_connect(device), tls=True).close()
        else:
            with socket.create_connection(("127.0.0.1", listener.port)) as client:
                client.sendall(sent)
                assert eventually(lambda: connections() > 0 or sent == b"garbage")
        assert eventually(lambda: connections() == 0)
    finally:
        gc.enable()


def connections() -> int:
    """That are in memory, in use or not."""
    return sum(type(one) in {TlsTransport, Connection} for one in gc.get_objects())


def turned_away(listener: RunningListener) -> bool:
    """Whether a new plain connection is closed without a word."""
    with MqttClient(listener.plain_port) as client:
        client.send(b"\xc0\x00")
        return client.is_closed() and client.read == b""


@pytest.mark.parametrize("tls", [False, True])
def test_a_genuine_device_gets_the_place_of_a_half_open_connection(
    start_listener: StartListener, tls: bool
) -> None:
    device = make_device(make_product(), "lamp-0001")
    listener = start_listener(MAX_UNAUTHENTICATED_PER_ADDRESS=3)
    slots = listener.listener.hub.peers.slots
    port = listener.port if tls else listener.plain_port
    # Half open: over TLS they do not even begin the handshake.
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    assert eventually(lambda: slots.taken_unproven == 3)
    # Those that are online do not count, however many.
    for number in range(5):
        other = make_device(device.product, f"lamp-1{number:03}")
        listener.online(signed_connect(other), tls=tls)
    listener.online(signed_connect(device), tls=tls)
    assert slots.taken_unproven == 2
    held[0].settimeout(PATIENCE)
    with suppress(ConnectionResetError):
        assert held[0].recv(1) == b""
    for connection in held:
        connection.close()
    assert eventually(lambda: (slots.taken, slots.taken_unproven) == (6, 0))


def test_all_together_have_so_many_places(start_listener: StartListener) -> None:
    product = make_product()
    listener = start_listener(MAX_CONNECTIONS=3)
    for number in range(3):
        device = make_device(product, f"lamp-{number:04}")
        listener.online(signed_connect(device))
    assert turned_away(listener)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello"])
def test_a_handshake_that_fails_gives_its_place_back(
    listener: RunningListener, sent: bytes
) -> None:
    slots = listener.listener.hub.peers.slots
    with socket.create_connection(("127.0.0.1", listener.port)) as client:
        client.sendall(sent)
        assert eventually(lambda: slots.taken == (0 if sent else 1))
    assert eventually(lambda: slots.taken == 0)
    assert not listener.listener.hub.peers.connections


def test_without_descriptors_accepting_rests_and_goes_on(
    listener: RunningListener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    accepting = listener.listener._ports[1].acceptor
    real = accepting._socket
    failures = iter([OSError(errno.EMFILE, "Too many open files")] * 2)

    def accept() -> tuple[socket.socket, Any]:
        for error in failures:
            raise error
        return real.accept()

    short = SimpleNamespace(accept=accept, fileno=real.fileno, close=real.close)
    short.getsockname = real.getsockname
    monkeypatch.setattr(acceptor, "_PAUSE", 0.01)
    accepting._socket = cast("socket.socket", short)
    device = make_device(make_product(), "lamp-0001")
    assert listener.attempt(signed_connect(device), tls=False) == 0
    told = [record for record in caplog.records if "Too many open files" in record.getMessage()]
    assert len(told) == 1


def test_what_nobody_waits_for_any_more_is_not_issued(
    listener: RunningListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that gave up while its request still waited costs no ClientID."""
    product, hub = make_product(), listener.listener.hub
    kept = []

    def keep(request: Any, done: Any) -> Any:
        kept.append(Job(request, done))
        return kept[-1]

    monkeypatch.setattr(hub.batcher, "submit", keep)
    client = listener.client()
    client.send(registration_connect(product, "sim-00001"))
    assert eventually(lambda: len(kept) == 1)
    client.close()
    assert eventually(lambda: not hub.peers.connections)
    assert kept[0].cancelled
    assert not ClientBinding.objects.exists()


def test_with_too_much_waiting_a_device_is_told_to_come_again(
    listener: RunningListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener.listener.hub.batcher, "_max_waiting", 0)
    product = make_product()
    device = make_device(product, "lamp-0001")
    assert listener.attempt(registration_connect(product, "sim-00001")) == 3
    assert listener.attempt(signed_connect(device), tls=False) == 3


def test_a_device_is_answered_in_time_even_if_the_database_is_not(
    listener: RunningListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = listener.listener.hub
    monkeypatch.setattr(hub.batcher, "submit", Job)  # never run
    client = listener.client(tls=False)
    client.send(signed_connect(make_device(make_product(), "lamp-0001")))
    assert eventually(lambda: any(c.deciding for c in hub.peers.connections))
    cast(
        "Connection", next(iter(hub.peers.connections))
    ).deadline = 0.0  # ten seconds after the connection
    assert client.connack() == 3
    assert client.is_closed()
