"""Under all attacks at once good devices are let in, memory is bounded, and nothing is issued."""

import asyncio
from typing import cast

import pytest

from devices.models import ClientBinding, Device
from mqtt.listener.connection import Connection
from protocol import mqtt
from tests.clients.connects import registration_connect, signed_connect
from tests.clients.hostile import (
    Target,
    attacked,
    bad_signatures,
    floods,
    half_open,
    handshakes,
    slow_connects,
    slow_handshakes,
)
from tests.clients.mqtt import MqttClient
from tests.clients.process import ListenerProcess, StartProcess
from tests.clients.running import StartListener, eventually
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = 1000
GOOD = 20
FLOODING = 5
# A place costs this at most, and answers to attackers a little more.
PER_PLACE, MORE = 64 * 1024, 16 * 1024 * 1024


def served(process: ListenerProcess, connect: bytes, *, tls: bool) -> bool:
    with process.client(tls=tls) as device:
        device.send(connect)
        return device.connack() == 0


def test_good_devices_are_let_in_meanwhile_and_nothing_is_left_behind(
    start: StartProcess,
) -> None:
    product = make_product()
    devices = [make_device(product, f"lamp-{number:04}") for number in range(GOOD)]
    places = {"MAX_UNAUTHENTICATED": str(PLACES), "MAX_UNAUTHENTICATED_PER_ADDRESS": "500"}
    process = start(environment=places).ready()
    malicious = [signed_connect(make_device(product, f"flood-{n:04}")) for n in range(FLOODING)]
    target = Target(
        *(process.port, process.plain_port, product.product_key, ["lamp-0000"]),
        connects=malicious,
    )
    bystander = process.client(tls=True)
    bystander.send(signed_connect(devices[0]))
    assert bystander.connack() == 0
    memory = process.memory()
    with attacked(
        half_open(target, PLACES + 200),
        slow_handshakes(target, 100),
        slow_connects(target, 100),
        handshakes(target, 50),
        bad_signatures(target, 50),
        floods(target, FLOODING),
    ):
        assert eventually(lambda: target.seen["flood: sent"] > 5 * FLOODING)
        # They hold all places, and lose them to newcomers.
        assert eventually(lambda: target.seen["half-open: given up"] > 200)
        for device in devices[1:]:
            assert served(process, signed_connect(device), tls=device.pk % 2 == 0)
        assert served(process, registration_connect(product, "sim-00001"), tls=True)
        refused = {mqtt.connack(code).hex() for code in (4, 5)}
        assert eventually(lambda: all(target.seen[f"bad signature: {code}"] for code in refused))
        assert process.memory() - memory < PLACES * PER_PLACE + MORE
        assert bystander.ask(mqtt.PINGREQ) == mqtt.PingResp()
    bystander.close()
    assert eventually(lambda: process.descriptors() < 40)
    assert ClientBinding.objects.count() == 1
    assert Device.objects.filter(registered_at__isnull=False).count() == 1
    answers = [key for key in target.seen if key.startswith("bad signature")]
    assert {key.removeprefix("bad signature: ") for key in answers} <= {*refused, ""}
    for word in ("Traceback", "Exception", "ERROR"):
        assert word not in process.log


def test_of_those_who_are_silent_the_oldest_give_up_their_places(
    start_listener: StartListener,
) -> None:
    listener = start_listener(MAX_UNAUTHENTICATED=20)
    slots = listener.listener.hub.peers.slots
    silent = [MqttClient(listener.plain_port, source=f"127.0.3.{n}") for n in range(1, 21)]
    assert eventually(lambda: slots.taken_unproven == 20)
    newcomers = [MqttClient(listener.plain_port, source=f"127.0.4.{n}") for n in range(1, 9)]
    assert all(client.is_closed() for client in silent[:8])
    assert slots.taken_unproven == 20
    for client in silent[8:]:
        client.socket.settimeout(0.0)
        with pytest.raises(BlockingIOError):
            client.socket.recv(1)
    for client in (*silent, *newcomers):
        client.close()


def test_a_peer_that_says_nothing_costs_no_tls(start_listener: StartListener) -> None:
    listener = start_listener()
    hub = listener.listener.hub
    with MqttClient(listener.port) as silent:
        assert eventually(lambda: len(hub.peers.opening) == 1)
        (opening,) = hub.peers.opening
        assert not opening.spoken
        assert not hasattr(opening, "_tls")
        silent.send(b"\x16")
        assert eventually(lambda: hasattr(opening, "_tls"))
    assert eventually(lambda: not hub.peers.opening and hub.peers.slots.taken == 0)


def test_thousands_whose_time_is_up_are_ended_a_few_at_a_time(
    start_listener: StartListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = start_listener()
    hub = listener.listener.hub
    clients = [MqttClient(listener.port) for _ in range(100)]
    assert eventually(lambda: len(hub.peers.opening) == 100)
    left: list[int] = []

    async def sweep() -> None:
        for opening in hub.peers.opening:
            cast("Connection", opening._protocol).deadline = 0.0
        sweeping = asyncio.ensure_future(hub.peers.sweep())
        while not sweeping.done():
            await asyncio.sleep(0)
            left.append(len(hub.peers.opening))

    listener.run(sweep())
    steps = [before - after for before, after in zip([100, *left], left, strict=False)]
    assert left[-1] == 0
    assert 0 < max(steps) <= 16
    for client in clients:
        assert client.is_closed()
        client.close()
