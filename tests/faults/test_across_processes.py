"""Listeners on hosts of their own, and workers that share a port, on one database."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic

import pytest

from devices.models import ListenerProcess, Session
from devices.operations import manage
from operators.actor import SHELL
from operators.confirmation import Confirmed
from products.models import Product
from protocol import mqtt
from protocol.client_id import RegistrationMode
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration
from tests.clients.connects import registration_connect, signed_connect, token_connect
from tests.clients.mqtt import MqttClient
from tests.factories import issued_client_id, make_device, make_product
from tests.faults.conftest import StartListener
from tests.faults.world import Program
from tests.polling import eventually

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
# What is promised is a second; of some devices one must be that fast on a busy machine, and all of
# them at last.
PROMISED = 1.0
TRIES = 6


@contextlib.contextmanager
def online(program: Program, connect: bytes) -> Iterator[MqttClient]:
    with MqttClient(program.ports[1]) as client:
        client.send(connect)
        assert client.connack() == mqtt.CONNACK_ACCEPTED
        yield client


def attempt(program: Program, connect: bytes) -> int:
    with MqttClient(program.ports[1]) as client:
        client.send(connect)
        return client.connack()


@pytest.fixture
def hosts(begin: StartListener) -> list[Program]:
    """Two listeners that share nothing but the database."""
    return [begin("one"), begin("two")]


@pytest.fixture
def workers(begin: StartListener) -> list[Program]:
    """Two processes on the same ports; which of them answers is the kernel's choice."""
    program = begin("both", "manage.py", "mqtt_listener", "--workers", "2")
    eventually(lambda: ListenerProcess.objects.count() == 2)
    return [program, program]


@pytest.fixture(params=["hosts", "workers"])
def listeners(request: pytest.FixtureRequest) -> list[Program]:
    found: list[Program] = request.getfixturevalue(request.param)
    return found


def seconds_until_closed(client: MqttClient, since: float) -> float:
    assert client.is_closed()
    return monotonic() - since


def acts(product: Product, name: str, other: str) -> dict[str, Callable[[], object]]:
    key = product.product_key
    return {
        "switch": partial(manage.switch, SHELL, key, name, other),
        "clear": partial(manage.clear, SHELL, key, name),
        "disable": partial(manage.set_enabled, SHELL, key, name, enabled=False),
        "delete": partial(manage.delete_device, SHELL, key, name),
    }


def test_what_is_forbidden_is_forbidden_on_every_listener_within_a_second(
    listeners: list[Program],
) -> None:
    product = make_product()
    for act in ("switch", "clear", "disable", "delete"):
        taken = [_cut_by(act, product, listeners, f"{act}-{n}") for n in range(TRIES)]
        assert min(taken) < PROMISED, (act, taken)
    taken = [_taken_over(product, listeners, f"lamp-{n:04}") for n in range(TRIES)]
    assert min(taken) < PROMISED, taken
    _turned_off(product, listeners)


def _cut_by(act: str, product: Product, listeners: list[Program], name: str) -> float:
    """Seconds from the act to the end of the session; then neither listener admits it again."""
    kept, token = (issued_client_id(product, name) for _ in range(2))
    connect = token_connect(product, name, token)
    with online(listeners[len(name) % 2], connect) as client:
        acts(product, name, kept.client_id)[act]()
        taken = seconds_until_closed(client, monotonic())
    for listener in listeners:
        assert attempt(listener, connect) == mqtt.CONNACK_NOT_AUTHORISED
    return taken


def _taken_over(product: Product, listeners: list[Program], name: str) -> float:
    """Seconds from the newer session on one listener to the end of the older on the other."""
    connect = signed_connect(make_device(product, name))
    with online(listeners[0], connect) as older, online(listeners[1], connect) as newer:
        since = monotonic()
        assert older.push().topic == "/ext/notify"
        taken = seconds_until_closed(older, since)
        assert newer.ask(mqtt.PINGREQ) == mqtt.PingResp()
    return taken


def _turned_off(product: Product, listeners: list[Program]) -> None:
    """With no delay at all: the product's row is asked for each registration."""
    asks = [registration_connect(product, f"sim-{n:05}", RegistrationMode.REGNWL) for n in (1, 2)]
    assert [attempt(listener, asks[0]) for listener in listeners] == [0, 0]
    off = Confirmed.by_shell(purpose_of(product, enabled=False))
    set_dynamic_registration(product, enabled=False, confirmed=off)
    assert [attempt(listener, asks[1]) for listener in listeners] == [4, 4]


def test_devices_of_a_listener_killed_on_another_host_are_soon_offline(
    hosts: list[Program],
) -> None:
    """In 30 seconds, says test_watch.py of a machine that is not late; this one may be."""
    product = make_product()
    device, other = make_device(product, "lamp-0001"), make_device(product, "lamp-0002")
    with (
        online(hosts[0], signed_connect(device)),
        online(hosts[1], signed_connect(other)) as stays,
    ):
        hosts[0].kill()
        eventually(lambda: _online() == {"lamp-0002"}, 45)
        assert stays.ask(mqtt.PINGREQ) == mqtt.PingResp()
        # A transaction of its own, after the sessions'.
        eventually(lambda: ListenerProcess.objects.count() == 1)


def _online() -> set[str]:
    live = Session.objects.filter(ended_at=None)
    return set(live.values_list("device__device_name", flat=True))
