"""Behind a proxy: the address that counts is the one in the PROXY header."""

import socket
from collections.abc import Callable

import pytest

from devices.models import Session
from logs.models import LogEntry
from mqtt.listener.batcher import Job
from products.registration_window import Window
from protocol import mqtt
from tests.clients.connects import registration_connect, signed_connect
from tests.clients.mqtt import PATIENCE, MqttClient
from tests.clients.process import ListenerProcess, StartProcess
from tests.clients.running import RunningListener, StartListener, eventually
from tests.factories import make_device, make_product, open_window

pytestmark = pytest.mark.django_db(transaction=True)

_V2 = bytes.fromhex("0d0a0d0a000d0a515549540a")
LOCAL = _V2 + bytes.fromhex("20000000")
NO_ADDRESS = _V2 + bytes.fromhex("21000000")
ON = {"MQTT_PROXY_PROTOCOL": True, "MQTT_BEHIND_TLS_PROXY": True}


def v1(address: str) -> bytes:
    return f"PROXY TCP4 {address} 198.51.100.1 51234 8883\r\n".encode()


def v2(address: str) -> bytes:
    ends = socket.inet_aton(address) + socket.inet_aton("198.51.100.1")
    return _V2 + bytes.fromhex("2111000c") + ends + bytes.fromhex("c82222b3")


@pytest.fixture
def proxied(start_listener: StartListener) -> RunningListener:
    return start_listener(**ON)


def introduced(listener: RunningListener, address: str) -> MqttClient:
    """A connection whose header has come, and nothing else."""
    client = listener.client(tls=False)
    client.send(v2(address))
    return client


@pytest.mark.parametrize("header", [v1, v2])
@pytest.mark.parametrize("apart", [False, True])
def test_the_address_in_the_header_is_the_devices(
    proxied: RunningListener, header: Callable[[str], bytes], apart: bool
) -> None:
    device = make_device(make_product(), "lamp-0001")
    client = proxied.client(tls=False)
    begin, hello = header("192.0.2.7"), signed_connect(device)
    for part in (begin[:9], begin[9:], hello) if apart else (begin + hello,):
        client.send(part)
    assert client.connack() == 0
    assert client.ask(mqtt.PINGREQ) == mqtt.PingResp()
    assert Session.objects.get(device=device).address == "192.0.2.7"
    assert LogEntry.objects.get(operation="online").address == "192.0.2.7"


@pytest.mark.parametrize("first", [signed_connect, lambda _: b"\x16\x03\x01", lambda _: NO_ADDRESS])
def test_without_a_good_header_a_connection_is_closed_unread_and_told_of_once_a_minute(
    proxied: RunningListener, caplog: pytest.LogCaptureFixture, first: Callable[..., bytes]
) -> None:
    device = make_device(make_product(), "lamp-0001")
    for _ in range(3):
        with proxied.client(tls=False) as client:
            client.send(first(device))
            assert client.is_closed()
            assert client.read == b""
    assert eventually(lambda: proxied.listener.hub.peers.slots.taken == 0)
    assert not LogEntry.objects.filter(operation="online").exists()
    told = [record for record in caplog.records if "PROXY header" in record.getMessage()]
    assert len(told) == 1


def test_a_header_that_does_not_come_in_time_is_not_waited_for(proxied: RunningListener) -> None:
    client, hub = proxied.client(tls=False), proxied.listener.hub
    client.send(_V2)
    assert eventually(lambda: len(hub.peers.connections) == 1)
    proxied.do(lambda: setattr(next(iter(hub.peers.connections)), "deadline", 0.0))
    assert client.is_closed()


def test_health_checks_are_closed_without_a_word_in_any_log(
    start_listener: StartListener, caplog: pytest.LogCaptureFixture
) -> None:
    listener = start_listener(**ON, FAILURES_PER_ADDRESS=1)
    for _ in range(3):
        with listener.client(tls=False) as check:
            check.send(LOCAL)
            assert check.is_closed()
    # As HAProxy does without `check-send-proxy`.
    listener.client(tls=False).close()
    assert eventually(lambda: listener.listener.hub.peers.slots.taken == 0)
    assert not LogEntry.objects.filter(operation="online").exists()
    assert not [
        record
        for record in caplog.records
        if record.name.startswith(("mqtt", "registration", "common"))
    ]
    # Nor do they count as failures: the address of the proxy is under no limit.
    assert listener.listener.hub.gate._limits.excess("127.0.0.1") is None


def test_failures_count_against_the_address_in_the_header(start_listener: StartListener) -> None:
    listener = start_listener(**ON, FAILURES_PER_ADDRESS=1)
    device = make_device(make_product(), "lamp-0001")
    for address, code in (("192.0.2.7", 5), ("192.0.2.8", 5), ("192.0.2.9", 0)):
        client = introduced(listener, address)
        client.send(signed_connect(device, secret="wrong" if code else None))
        assert client.connack() == code
    limits = listener.listener.hub.gate._limits
    known = ("192.0.2.7", "192.0.2.8", "192.0.2.9", "127.0.0.1")
    assert [limits.excess(address) is None for address in known] == [False, False, True, True]


def test_no_device_waits_for_the_places_of_others_behind_the_same_proxy(
    start_listener: StartListener,
) -> None:
    listener = start_listener(**ON, MAX_UNAUTHENTICATED_PER_ADDRESS=2)
    slots = listener.listener.hub.peers.slots
    first, second = introduced(listener, "192.0.2.7"), introduced(listener, "192.0.2.7")
    unnamed = [listener.client(tls=False) for _ in range(4)]
    assert eventually(lambda: slots.taken_unproven == 6)
    other = introduced(listener, "192.0.2.8")
    assert eventually(lambda: slots.taken_unproven == 7)
    # A third one of the same address takes the place of the longest silent of that address.
    third = introduced(listener, "192.0.2.7")
    assert first.is_closed()
    for client in (second, third, other, *unnamed):
        client.socket.settimeout(0.0)
        with pytest.raises(BlockingIOError):
            client.socket.recv(1)
        client.socket.settimeout(PATIENCE)
    assert eventually(lambda: slots.taken_unproven == 7)


def test_where_all_of_an_address_wait_for_their_answer_another_one_is_closed(
    start_listener: StartListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = start_listener(**ON, MAX_UNAUTHENTICATED_PER_ADDRESS=1)
    hub = listener.listener.hub
    monkeypatch.setattr(hub.batcher, "submit", Job)  # never run
    asking = introduced(listener, "192.0.2.7")
    asking.send(signed_connect(make_device(make_product(), "lamp-0001")))
    assert eventually(lambda: any(c.deciding for c in hub.peers.connections))
    assert introduced(listener, "192.0.2.7").is_closed()
    assert eventually(lambda: hub.peers.turned_away == 1)
    asking.close()


def test_connections_without_a_header_are_bounded_and_the_oldest_makes_room(
    start_listener: StartListener,
) -> None:
    listener = start_listener(**ON, MAX_UNAUTHENTICATED=3)
    held = [listener.client(tls=False) for _ in range(5)]
    assert held[0].is_closed()
    assert held[1].is_closed()
    slots = listener.listener.hub.peers.slots
    assert eventually(lambda: (slots.taken, slots.taken_unproven) == (3, 3))
    device = make_device(make_product(), "lamp-0001")
    held[4].send(v2("192.0.2.7") + signed_connect(device))
    assert held[4].connack() == 0
    assert slots.taken_unproven == 2


def test_a_connection_from_elsewhere_is_closed_before_it_takes_a_place(
    start_listener: StartListener, caplog: pytest.LogCaptureFixture
) -> None:
    listener = start_listener(**ON, MQTT_PROXY_NETWORKS=["192.0.2.0/24"])
    device = make_device(make_product(), "lamp-0001")
    for _ in range(2):
        client = listener.client(tls=False)
        client.send(v2("192.0.2.7") + signed_connect(device))
        assert client.is_closed()
    assert listener.listener.hub.peers.accepted == 0
    told = [record.getMessage() for record in caplog.records if "PROXY" in record.getMessage()]
    assert told == ["closed a connection from 127.0.0.1, which is not in MQTT_PROXY_NETWORKS"]


def test_the_port_with_tls_is_as_it_was(proxied: RunningListener) -> None:
    device = make_device(make_product(), "lamp-0001")
    assert proxied.attempt(signed_connect(device)) == 0
    assert Session.objects.get(device=device).address == "127.0.0.1"


def served(process: ListenerProcess, address: str, connect: bytes) -> int:
    with process.client() as client:
        client.send(v1(address) + connect)
        return client.connack()


def test_a_real_process_registers_by_the_network_that_the_proxy_tells(start: StartProcess) -> None:
    product = open_window(make_product(), Window(networks=("192.0.2.0/24",)))
    device = make_device(product, "lamp-0001")
    process = start(environment=dict.fromkeys(ON, "true")).ready()
    assert served(process, "192.0.2.7", registration_connect(product, "sim-00001")) == 0
    assert served(process, "198.51.100.7", registration_connect(product, "sim-00002")) == 4
    assert served(process, "198.51.100.7", signed_connect(device)) == 0
    # A refusal is written after it was told.
    refused = LogEntry.objects.filter(reason="network_not_allowed", address="198.51.100.7")
    assert eventually(refused.exists)
    assert LogEntry.objects.get(operation="online").address == "198.51.100.7"
    with process.client() as silent:
        silent.send(signed_connect(device))
        assert silent.is_closed()
    assert eventually(lambda: "begins with no PROXY header" in process.log)
    assert "Traceback" not in process.log
