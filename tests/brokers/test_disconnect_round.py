"""Blocked devices are disconnected at the broker: soon, once more, and after any outage of it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from brokers.disconnect_round import anything_to_close, close_connections
from brokers.http import BrokerError
from common.ops.periodic_tasks import periodic_tasks
from devices.models import BrokerClosing, Device, Session
from devices.operations.broker_disconnects import AGAIN, KEPT, prune_closings
from devices.operations.manage import clear, delete_device, set_enabled, switch
from jobs.rounds import take_turn
from logs.models import LogEntry
from operators.actor import SHELL, Actor
from products.broker_topics import EMQX, RABBITMQ
from products.models import Product
from tests.brokers.fakes import FakeRabbitmq, serving
from tests.brokers.webhooks.asking import (
    NAME,
    SECRETS,
    as_rabbitmq,
    ask,
    by_secret,
    by_token,
    given_to,
    word,
)
from tests.factories import connect_by_secret, issued_client_id, make_device, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker(settings: Settings) -> Iterator[FakeRabbitmq]:
    fake = FakeRabbitmq()
    with serving(fake):
        settings.BROKER_WEBHOOK_SECRETS = {RABBITMQ: [SECRETS[RABBITMQ]]}
        settings.RABBITMQ_MANAGEMENT_URL = fake.url
        settings.RABBITMQ_MANAGEMENT_USER = "user"
        settings.RABBITMQ_MANAGEMENT_PASSWORD = "secret"
        yield fake


@pytest.fixture
def product() -> Product:
    return given_to(RABBITMQ, make_product())


def connect(broker: FakeRabbitmq, connect: tuple[str, str, str]) -> None:
    """As RabbitMQ lets a device in, and closes an older connection of the same clientId."""
    assert word(ask("rabbitmq/user", as_rabbitmq(connect))) == "allow"
    broker.open(connect[1], connect[0])


def connected(broker: FakeRabbitmq, product: Product) -> tuple[Device, tuple[str, str, str]]:
    device = make_device(product, NAME)
    credential = by_secret(product.product_key, NAME, device.device_secret)
    connect(broker, credential)
    return device, credential


@pytest.mark.parametrize("act", ["disable", "clear", "delete"])
def test_what_is_forbidden_is_closed(broker: FakeRabbitmq, product: Product, act: str) -> None:
    connected(broker, product)
    acts: dict[str, Callable[[Actor, str, str], object]] = {
        "disable": partial(set_enabled, enabled=False),
        "clear": clear,
        "delete": delete_device,
    }
    acts[act](SHELL, product.product_key, NAME)
    assert not Session.objects.filter(ended_at__isnull=True).exists()
    assert LogEntry.objects.filter(operation="offline", reason=act).count() == 1
    assert anything_to_close(timezone.now())
    assert close_connections(timezone.now()) == 1
    assert broker.connections == {}
    assert broker.reasons == [act]


def test_switch_leaves_the_kept_one_connected(broker: FakeRabbitmq, product: Product) -> None:
    one, two = (issued_client_id(product, NAME) for _ in range(2))
    connect(broker, by_token(product.product_key, NAME, one))
    connect(broker, by_token(product.product_key, NAME, two))
    switch(SHELL, product.product_key, NAME, two.client_id)
    close_connections(timezone.now())
    (client_id,) = broker.connections
    assert client_id.startswith(two.client_id)
    assert Session.objects.get(ended_at__isnull=True).client_id == two.client_id


def test_switch_cuts_the_others(broker: FakeRabbitmq, product: Product) -> None:
    one, two = (issued_client_id(product, NAME) for _ in range(2))
    connect(broker, by_token(product.product_key, NAME, one))
    switch(SHELL, product.product_key, NAME, two.client_id)
    close_connections(timezone.now())
    assert broker.connections == {}


def test_a_connection_elsewhere_takes_over(broker: FakeRabbitmq, product: Product) -> None:
    device, _ = connected(broker, product)
    connect_by_secret(device)  # at one of our listeners
    close_connections(timezone.now())
    assert broker.connections == {}
    assert LogEntry.objects.filter(operation="offline", reason="takeover").count() == 1
    assert Session.objects.get().ended_at is None


def test_the_same_connection_again_is_the_brokers_own_affair(
    broker: FakeRabbitmq, product: Product
) -> None:
    _, credential = connected(broker, product)
    connect(broker, credential)
    assert not anything_to_close(timezone.now())
    assert Session.objects.get().ended_at is None


def test_everything_is_done_once_more_for_who_came_in_between(
    broker: FakeRabbitmq, product: Product
) -> None:
    _, (client_id, username, _) = connected(broker, product)
    set_enabled(SHELL, product.product_key, NAME, enabled=False)
    assert close_connections(timezone.now()) == 1
    broker.open(username, client_id)
    assert close_connections(timezone.now()) == 0
    later = timezone.now() + AGAIN
    assert close_connections(later) == 1
    assert broker.connections == {}
    assert not BrokerClosing.objects.exists()


def test_who_was_let_in_again_stays(broker: FakeRabbitmq, product: Product) -> None:
    _, credential = connected(broker, product)
    for enabled in (False, True):
        set_enabled(SHELL, product.product_key, NAME, enabled=enabled)
    close_connections(timezone.now())
    connect(broker, credential)
    close_connections(timezone.now() + AGAIN)
    assert list(broker.connections) == [credential[0]]


def test_a_broker_that_is_away_is_told_when_it_is_back(
    broker: FakeRabbitmq, product: Product, settings: Settings
) -> None:
    connected(broker, product)
    set_enabled(SHELL, product.product_key, NAME, enabled=False)
    broker.status = 503
    with pytest.raises(BrokerError):
        close_connections(timezone.now())
    broker.status = 0
    assert close_connections(timezone.now() + timedelta(hours=3)) == 1
    assert broker.connections == {}


def test_without_its_address_a_broker_is_left_alone(
    broker: FakeRabbitmq, product: Product, settings: Settings
) -> None:
    connected(broker, product)
    set_enabled(SHELL, product.product_key, NAME, enabled=False)
    settings.RABBITMQ_MANAGEMENT_URL = ""
    assert not anything_to_close(timezone.now())
    assert prune_closings(timezone.now()) == 0
    assert prune_closings(timezone.now() + KEPT + timedelta(seconds=1)) == 1


def test_sessions_at_our_listeners_concern_no_broker(product: Product) -> None:
    device = make_device(given_to(EMQX, product), NAME)
    connect_by_secret(device)
    set_enabled(SHELL, product.product_key, NAME, enabled=False)
    assert not BrokerClosing.objects.exists()
    assert Session.objects.get().ended_at is None  # the listener ends it


def test_the_worker_does_it_only_when_there_is_something_to_do(
    broker: FakeRabbitmq, product: Product
) -> None:
    entry = next(each for each in periodic_tasks() if each.run is close_connections)
    assert not take_turn(entry, uuid4())
    connected(broker, product)
    set_enabled(SHELL, product.product_key, NAME, enabled=False)
    assert take_turn(entry, uuid4())
    assert broker.connections == {}
