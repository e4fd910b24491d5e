"""Access to the webhooks, and the form of every refusal."""

import json
import logging

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from brokers.webhooks import authenticator
from devices.models import Session
from logs.models import LogEntry
from products.broker_topics import BROKERS, EMQX, NANOMQ, RABBITMQ
from products.models import Product
from tests.brokers.webhooks.asking import (
    NAME,
    SECRETS,
    as_emqx,
    as_rabbitmq,
    ask,
    ask_json,
    by_secret,
    given_to,
    result,
    secret_of,
    word,
)
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return given_to(RABBITMQ, make_product())


@pytest.fixture
def connect(product: Product) -> tuple[str, str, str]:
    device = make_device(product, NAME)
    return by_secret(product.product_key, NAME, device.device_secret)


def test_the_secret_may_come_in_the_path(connect: tuple[str, str, str]) -> None:
    fields = as_rabbitmq(connect)
    assert word(ask(f"{SECRETS[RABBITMQ]}/rabbitmq/user", fields, headers={})) == "allow"


@pytest.mark.parametrize("headers", [{}, {"X-Broker-Secret": "another"}])
def test_without_the_secret_nobody_is_let_in(
    connect: tuple[str, str, str], headers: dict[str, str]
) -> None:
    assert word(ask("rabbitmq/user", as_rabbitmq(connect), headers=headers)) == "deny"
    assert word(ask("another/rabbitmq/user", as_rabbitmq(connect), headers=headers)) == "deny"
    assert result(ask_json("emqx/authentication", as_emqx(connect), headers=headers)) == "deny"
    assert not Session.objects.exists()


@pytest.mark.parametrize("other", [broker for broker in BROKERS if broker != RABBITMQ])
def test_the_secret_of_one_broker_opens_no_question_of_another(
    connect: tuple[str, str, str], other: str
) -> None:
    """The path names the broker, so the secret has to be that broker's."""
    fields = as_rabbitmq(connect)
    assert word(ask("rabbitmq/user", fields, headers=secret_of(other))) == "deny"
    assert word(ask(f"{SECRETS[other]}/rabbitmq/user", fields, headers={})) == "deny"
    assert word(ask(f"{SECRETS[other]}/rabbitmq/user", fields, headers=secret_of(other))) == "deny"
    assert not Session.objects.exists()


def test_a_broker_asks_about_products_of_its_own_only(
    product: Product, connect: tuple[str, str, str]
) -> None:
    """With its own secret, at its own path."""
    assert result(ask_json("emqx/authentication", as_emqx(connect))) == "deny"
    assert LogEntry.objects.filter(reason="data_connections_elsewhere").exists()
    given_to(EMQX, product)
    assert result(ask_json("emqx/authentication", as_emqx(connect))) == "allow"
    assert word(ask("rabbitmq/user", as_rabbitmq(connect))) == "deny"


def test_a_secret_is_changed_while_the_old_one_still_counts(
    connect: tuple[str, str, str], settings: Settings
) -> None:
    settings.BROKER_WEBHOOK_SECRETS = {RABBITMQ: ["the-new-secret-0123456789", SECRETS[RABBITMQ]]}
    for secret in ("the-new-secret-0123456789", SECRETS[RABBITMQ]):
        headers = {"X-Broker-Secret": secret}
        assert word(ask("rabbitmq/user", as_rabbitmq(connect), headers=headers)) == "allow"
    both = {"X-Broker-Secret": f"the-new-secret-0123456789,{SECRETS[RABBITMQ]}"}
    assert word(ask("rabbitmq/user", as_rabbitmq(connect), headers=both)) == "deny"


def test_without_the_setting_there_are_no_endpoints(
    connect: tuple[str, str, str], settings: Settings
) -> None:
    settings.BROKER_WEBHOOK_SECRETS = {RABBITMQ: [], EMQX: [SECRETS[EMQX]]}
    for headers in (secret_of("rabbitmq"), {}, {"X-Broker-Secret": ""}, secret_of("emqx")):
        assert ask("rabbitmq/user", as_rabbitmq(connect), headers=headers).status_code == 404


def test_only_the_networks_named_may_ask(connect: tuple[str, str, str], settings: Settings) -> None:
    settings.BROKER_WEBHOOK_NETWORKS = ["192.0.2.0/24"]
    fields = as_rabbitmq(connect)
    assert word(ask("rabbitmq/user", fields)) == "deny"
    assert word(ask("rabbitmq/user", fields, REMOTE_ADDR="192.0.2.40")) == "allow"


@pytest.mark.parametrize("method", ["get", "put", "head"])
def test_what_is_no_post_lets_nobody_in(connect: tuple[str, str, str], method: str) -> None:
    for question in ("rabbitmq/user", "emqx/authentication"):
        url = f"/brokers/{question}"
        answer = getattr(Client(), method)(url, as_rabbitmq(connect), headers=secret_of(question))
        assert answer.status_code == 200
        assert b"allow" not in answer.content
    assert not Session.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"username": {}}', "[" * 100_000])
def test_emqx_is_told_no_whatever_the_body(body: str) -> None:
    url = "/brokers/emqx/authentication"
    answer = Client().post(url, body, content_type="application/json", headers=secret_of("emqx"))
    assert json.loads(answer.content) == {"result": "deny", "is_superuser": False}


def test_emqx_is_told_no_while_the_database_is_away(
    connect: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(authenticator.shared_authenticator()._group_commit, "_run", fail)
    assert result(ask_json("emqx/authentication", as_emqx(connect))) == "deny"


def test_the_secret_in_the_path_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for question in ("nanomq/auth", "nanomq/nothing", "nanomq", "nanomq/auth/more"):
        answer = ask(f"{SECRETS[NANOMQ]}/{question}", {})
        assert answer.status_code in {403, 404}
    assert "Forbidden" in caplog.text
    assert SECRETS[NANOMQ] not in caplog.text


def test_no_password_is_kept_in_the_log(product: Product) -> None:
    secret = "Z" * 32
    fields = {"client_id": "broken", "username": f"{NAME}&{product.product_key}"}
    assert word(ask("rabbitmq/user", {**fields, "password": secret})) == "deny"
    entry = LogEntry.objects.get()
    assert entry.reason == "bad_parameters"
    assert entry.detail["broker"] == "rabbitmq"
    assert secret not in json.dumps(entry.detail)
