"""A CONNECT at a broker: the same operation as at the listener, asked anew every time."""

import pytest
from pytest_django import Settings

from devices.models import Device, Session
from devices.operations.manage import clear, set_enabled, switch
from logs.models import LogEntry
from operators.actor import SHELL
from products.broker_topics import EMQX, MOSQUITTO, NANOMQ, RABBITMQ
from products.models import DataConnections, Product
from tests.brokers.webhooks.asking import (
    NAME,
    as_emqx,
    as_mosquitto,
    as_nanomq,
    as_rabbitmq,
    ask,
    ask_json,
    by_secret,
    by_token,
    given_to,
    result,
    word,
)
from tests.factories import issued_client_id, make_device, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return given_to(RABBITMQ, make_product())


@pytest.fixture
def device(product: Product) -> Device:
    return make_device(product, NAME)


@pytest.fixture
def connect(product: Product, device: Device) -> tuple[str, str, str]:
    return by_secret(product.product_key, NAME, device.device_secret)


def test_rabbitmq_hears_one_word(connect: tuple[str, str, str]) -> None:
    assert word(ask("rabbitmq/user", as_rabbitmq(connect))) == "allow"
    wrong = (*connect[:2], "0" * 64)
    assert word(ask("rabbitmq/user", as_rabbitmq(wrong))) == "deny"


def test_rabbitmq_lets_devices_into_one_virtual_host(
    connect: tuple[str, str, str], settings: Settings
) -> None:
    settings.RABBITMQ_VHOST = "devices"
    fields = as_rabbitmq(connect)
    assert word(ask("rabbitmq/user", fields)) == "deny"
    assert word(ask("rabbitmq/user", fields | {"vhost": "devices"})) == "allow"
    username = {"username": connect[1], "ip": "192.0.2.9", "tags": ""}
    assert word(ask("rabbitmq/vhost", {**username, "vhost": "devices"})) == "allow"
    assert word(ask("rabbitmq/vhost", {**username, "vhost": "/"})) == "deny"


@pytest.mark.parametrize("username", ["guest", "", "a&b", "lamp-0001"])
def test_rabbitmq_lets_in_nobody_but_devices(username: str) -> None:
    assert word(ask("rabbitmq/vhost", {"username": username, "vhost": "/"})) == "deny"
    fields = {"username": username, "password": "guest", "vhost": "/"}
    assert word(ask("rabbitmq/user", fields)) == "deny"


def test_emqx_hears_a_result(product: Product, connect: tuple[str, str, str]) -> None:
    given_to(EMQX, product)
    answer = ask_json("emqx/authentication", as_emqx(connect))
    assert result(answer) == "allow"
    assert answer.json() == {"result": "allow", "is_superuser": False}  # type: ignore[attr-defined]
    assert result(ask("emqx/authentication", as_emqx(connect))) == "allow"  # a form does, too
    wrong = (*connect[:2], "0" * 64)
    assert result(ask_json("emqx/authentication", as_emqx(wrong))) == "deny"


def test_nanomq_hears_a_status(product: Product, connect: tuple[str, str, str]) -> None:
    given_to(NANOMQ, product)
    fields = as_nanomq(connect)
    assert ask("nanomq/auth", fields).status_code == 200
    assert ask("nanomq/auth", fields | {"password": "wrong"}).status_code == 403
    assert ask("nanomq/superuser", fields).status_code == 403


def test_mosquitto_hears_a_status_and_what_its_options_ask_for(
    product: Product, connect: tuple[str, str, str]
) -> None:
    given_to(MOSQUITTO, product)
    fields = as_mosquitto(connect)
    assert word(ask("mosquitto/user", fields)) == "ok"
    assert ask_json("mosquitto/user", fields).json()["ok"] is True  # type: ignore[attr-defined]
    refused = ask_json("mosquitto/user", fields | {"password": "wrong"})
    assert refused.status_code == 403
    assert refused.json()["ok"] is False  # type: ignore[attr-defined]
    assert ask("mosquitto/superuser", {"username": connect[1]}).status_code == 403


def test_the_first_connection_activates(
    product: Product, device: Device, connect: tuple[str, str, str]
) -> None:
    given_to(EMQX, product)
    ask_json("emqx/authentication", as_emqx(connect))
    device.refresh_from_db()
    assert device.activated_at
    session = Session.objects.get()
    assert (session.address, session.ended_at) == ("192.0.2.9", None)
    assert LogEntry.objects.latest("pk").reason == "activated"


def test_a_token_is_let_in_until_it_is_void(product: Product) -> None:
    one, two = (issued_client_id(product, NAME) for _ in range(2))
    asks = [as_rabbitmq(by_token(product.product_key, NAME, each)) for each in (one, two)]
    assert [word(ask("rabbitmq/user", fields)) for fields in asks] == ["allow", "allow"]
    switch(SHELL, product.product_key, NAME, two.client_id)
    assert [word(ask("rabbitmq/user", fields)) for fields in asks] == ["deny", "allow"]
    clear(SHELL, product.product_key, NAME)
    assert [word(ask("rabbitmq/user", fields)) for fields in asks] == ["deny", "deny"]


def test_a_disabled_device_is_refused_at_once(
    product: Product, connect: tuple[str, str, str]
) -> None:
    fields = as_rabbitmq(connect)
    assert word(ask("rabbitmq/user", fields)) == "allow"
    set_enabled(SHELL, product.product_key, NAME, enabled=False)
    assert word(ask("rabbitmq/user", fields)) == "deny"
    assert LogEntry.objects.latest("pk").reason == "device_disabled"


@pytest.mark.parametrize("mode", ["register", "regnwl"])
def test_a_registration_belongs_to_the_listeners(product: Product, mode: str) -> None:
    client_id = f"x|authType={mode},securemode=2,random=1,signmethod=hmacsha256|"
    connect = (client_id, f"{NAME}&{product.product_key}", "0" * 64)
    assert word(ask("rabbitmq/user", as_rabbitmq(connect))) == "deny"
    assert LogEntry.objects.latest("pk").reason == "registration_at_broker"


def test_a_flood_of_one_credential_is_turned_away_unread(
    product: Product, connect: tuple[str, str, str], settings: Settings
) -> None:
    settings.FAILURES_PER_DEVICE = 3
    wrong = as_rabbitmq((*connect[:2], "0" * 64))
    for _ in range(6):
        assert word(ask("rabbitmq/user", wrong)) == "deny"
    reasons = list(LogEntry.objects.filter(service_type="device").values_list("reason", flat=True))
    assert reasons.count("bad_credential") == 3
    assert reasons.count("too_many_failures") == 1
    assert word(ask("rabbitmq/user", as_rabbitmq(connect))) == "allow"


def test_a_broker_answers_for_its_own_products_only(
    product: Product, connect: tuple[str, str, str]
) -> None:
    assert result(ask_json("emqx/authentication", as_emqx(connect))) == "deny"
    assert LogEntry.objects.latest("pk").reason == "data_connections_elsewhere"
    given_to(DataConnections.SERVER, product)
    assert word(ask("rabbitmq/user", as_rabbitmq(connect))) == "deny"
    assert not Session.objects.exists()


def test_a_wrong_credential_learns_nothing_about_brokers(
    product: Product, connect: tuple[str, str, str]
) -> None:
    given_to(DataConnections.SERVER, product)
    wrong = (*connect[:2], "0" * 64)
    assert word(ask("rabbitmq/user", as_rabbitmq(wrong))) == "deny"
    assert LogEntry.objects.latest("pk").reason == "bad_credential"
