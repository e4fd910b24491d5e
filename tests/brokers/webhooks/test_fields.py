"""A question that can be read in two ways lets nobody in, at any broker, as a form or as JSON."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from brokers.webhooks.dialects import HOOKS
from brokers.webhooks.fields import JSON
from devices.models import Device, Session
from products.broker_topics import BROKERS, NANOMQ
from products.models import Product
from protocol.http_form import CONTENT_TYPE
from tests.brokers.webhooks.asking import (
    NAME,
    as_emqx,
    as_mosquitto,
    as_nanomq,
    as_rabbitmq,
    by_secret,
    given_to,
    secret_of,
)
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db

AUTHENTICATION = {
    "rabbitmq": ("rabbitmq/user", as_rabbitmq),
    "emqx": ("emqx/authentication", as_emqx),
    "nanomq": ("nanomq/auth", as_nanomq),
    "mosquitto": ("mosquitto/user", as_mosquitto),
}
Connect = tuple[str, str, str]


@pytest.fixture
def product() -> Product:
    return make_product()


@pytest.fixture
def device(product: Product) -> Device:
    return make_device(product, NAME)


@pytest.fixture
def connect(product: Product, device: Device) -> Connect:
    return by_secret(product.product_key, NAME, device.device_secret)


def post(question: str, body: str | bytes, content_type: str = CONTENT_TYPE) -> HttpResponse:
    return Client().post(  # type: ignore[return-value]
        f"/brokers/{question}", body, content_type=content_type, headers=secret_of(question)
    )


def admits(answer: HttpResponse) -> bool:
    said = answer.content.decode()
    if answer.status_code == 403:
        return False
    assert answer.status_code == 200
    return said in {"allow", "ok"} or '"allow"' in said or '"ok": true' in said


# Each makes something else of a good form.
SPOILT_FORMS: dict[str, Callable[[str], str]] = {
    "repeated": lambda form: f"{form}&username=pump-0002%26a1B2c3",
    "repeated in front": lambda form: f"username=pump-0002%26a1B2c3&{form}",
    "repeated as it was": lambda form: f"{form}&{form.split('&')[0]}",
    "unknown": lambda form: f"{form}&is_superuser=true",
    "another case": lambda form: f"{form}&Username=x",
    "a name that is encoded": lambda form: f"{form}&user%6Eame=x",
    "a name with a blank": lambda form: f"{form}&+username=x",
    "no name": lambda form: f"{form}&=x",
    "no value": lambda form: f"{form}&vhost",
    "two signs": lambda form: form.replace("=", "==", 1),
    "an empty field": lambda form: form.replace("&", "&&", 1),
    "an end that is empty": lambda form: f"{form}&",
    "a semicolon": lambda form: form.replace("&", ";", 1),
    "not encoded |": lambda form: form.replace("%7C", "|"),
    "not encoded =": lambda form: form.replace("%3D", "="),
    "not encoded &": lambda form: form.replace("%26", "&"),
    "not encoded ,": lambda form: form.replace("%2C", ","),
    "half a percent sign": lambda form: f"{form}%2",
    "a percent sign alone": lambda form: f"{form}%",
    "NUL": lambda form: f"{form}%00",
    "a line": lambda form: f"{form}\r\n",
    "not UTF-8": lambda form: f"{form}%FF",
    "a letter that is none": lambda form: f"{form}é",
    "as an array": lambda form: form.replace("username=", "username%5B%5D="),
    "an array in addition": lambda form: f"{form}&username[]=x",
    "too long": lambda form: f"{form}{'a' * 3 * 8192}",
    "too many": lambda form: f"{form}{'&variable_map.a=' * 40}",
    "nothing": lambda form: "",
}


@pytest.mark.parametrize("broker", BROKERS)
@pytest.mark.parametrize("spoil", SPOILT_FORMS.values(), ids=SPOILT_FORMS)
def test_a_form_is_read_in_one_way_or_not_at_all(
    broker: str, spoil: Callable[[str], str], product: Product, connect: Connect
) -> None:
    given_to(broker, product)
    question, fields = AUTHENTICATION[broker]
    form = urlencode(fields(connect))
    assert admits(post(question, form))
    Session.objects.all().delete()
    assert not admits(post(question, spoil(form)))
    assert not Session.objects.exists()


def put(fields: dict[str, Any], name: str, value: Any) -> str:
    return json.dumps({**fields, name: value})


SPOILT_JSON: dict[str, Callable[[dict[str, Any]], str | bytes]] = {
    "repeated": lambda f: json.dumps(f)[:-1] + ', "username": "pump-0002&a1B2c3"}',
    "repeated in front": lambda f: '{"username": "pump-0002&a1B2c3", ' + json.dumps(f)[1:],
    "repeated, written otherwise": lambda f: json.dumps(f)[:-1] + ', "\\u0075sername": "x"}',
    "unknown": lambda f: put(f, "is_superuser", True),
    "another case": lambda f: put(f, "Username", "x"),
    "an array": lambda f: put(f, "username", [f["username"]]),
    "an object": lambda f: put(f, "username", {"": f["username"]}),
    "null": lambda f: put(f, "username", None),
    "a fraction": lambda f: json.dumps(f).replace('"password": "', '"password": 1.5, "x": "'),
    "no number": lambda f: put(f, "password", float("nan")),
    "a number without end": lambda f: json.dumps(f)[:-1] + ', "vhost": ' + "9" * 5000 + "}",
    "NUL": lambda f: put(f, "username", f["username"] + "\0"),
    "half a character": lambda f: put(f, "username", f["username"] + "\ud800"),
    "another one in it": lambda f: put(f, "username", json.dumps(f)),
    "in a list": lambda f: json.dumps([f]),
    "something behind": lambda f: json.dumps(f) + "{}",
    "a mark in front": lambda f: b"\xef\xbb\xbf" + json.dumps(f).encode(),
    "UTF-16": lambda f: json.dumps(f).encode("utf-16"),
    "UTF-32": lambda f: json.dumps(f).encode("utf-32"),
    "not UTF-8": lambda f: json.dumps(f).encode() + b"\xff",
    "deep": lambda f: '{"username": ' * 2000 + "1" + "}" * 2000,
    "deeper": lambda f: "[" * 20_000,
    "too long": lambda f: json.dumps(f) + " " * 3 * 8192,
    "too many": lambda f: json.dumps({**f, **{f"variable_map.{n}": "" for n in range(40)}}),
    "a form": urlencode,
    "nothing": lambda f: "",
}


@pytest.mark.parametrize("broker", BROKERS)
@pytest.mark.parametrize("spoil", SPOILT_JSON.values(), ids=SPOILT_JSON)
def test_json_is_read_in_one_way_or_not_at_all(
    broker: str,
    spoil: Callable[[dict[str, Any]], str | bytes],
    product: Product,
    connect: Connect,
) -> None:
    given_to(broker, product)
    question, fields = AUTHENTICATION[broker]
    assert admits(post(question, json.dumps(fields(connect)), JSON))
    Session.objects.all().delete()
    assert not admits(post(question, spoil(fields(connect)), JSON))
    assert not Session.objects.exists()


@pytest.mark.parametrize("broker", BROKERS)
@pytest.mark.parametrize(
    ("content_type", "read"),
    [
        ("application/x-www-form-urlencoded; charset=UTF-8", True),
        ("Application/X-WWW-Form-URLEncoded", True),
        ("application/x-www-form-urlencoded; charset=latin-1", False),
        ("application/x-www-form-urlencoded; charset=utf-16", False),
        ("text/plain", False),
        ("", False),
        ("multipart/form-data; boundary=x", False),
        ("application/json", False),
        ("application/json; charset=utf-8", False),
    ],
)
def test_a_form_says_that_it_is_one(
    broker: str, content_type: str, read: bool, product: Product, connect: Connect
) -> None:
    given_to(broker, product)
    question, fields = AUTHENTICATION[broker]
    assert admits(post(question, urlencode(fields(connect)), content_type)) is read


@pytest.mark.parametrize("broker", BROKERS)
def test_what_stands_in_the_query_counts_for_nothing(
    broker: str, product: Product, connect: Connect
) -> None:
    given_to(broker, product)
    question, fields = AUTHENTICATION[broker]
    form = urlencode(fields(connect))
    assert not admits(post(f"{question}?{form}", ""))
    assert admits(post(f"{question}?username=pump-0002%26a1B2c3&x=y", form))


@pytest.mark.parametrize("broker", BROKERS)
@pytest.mark.parametrize("missing", ["username", "password", "client"])
def test_without_one_of_its_fields_nobody_is_let_in(
    broker: str, missing: str, product: Product, connect: Connect
) -> None:
    given_to(broker, product)
    question, fields = AUTHENTICATION[broker]
    kept = {name: text for name, text in fields(connect).items() if not name.startswith(missing)}
    assert len(kept) == len(fields(connect)) - 1
    for empty in ({}, dict.fromkeys(fields(connect).keys() - kept.keys(), "")):
        assert not admits(post(question, urlencode(kept | empty)))
        assert not admits(post(question, json.dumps(kept | empty), JSON))


@pytest.mark.parametrize("question", HOOKS)
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[]", b"{}", b"null", b"&", b"=", b"%", b"username=%00", b"\0" * 99]
)
def test_no_question_fails(question: str, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    for content_type in (CONTENT_TYPE, JSON, "text/plain", ""):
        assert not admits(post(question, body, content_type))
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


# --- NanoMQ until 0.25 wrote its forms without encoding ---------------------------------------
def as_nanomq_wrote_it(**fields: str) -> str:
    return "&".join(f"{name}={value}" for name, value in fields.items())


def test_who_writes_fields_into_the_client_id_is_not_let_in_as_another(
    product: Product, connect: Connect
) -> None:
    """The broker takes the username of the CONNECT, which is the victim's."""
    given_to(NANOMQ, product)
    client_id, username, password = connect
    victim = f"pump-0002&{product.product_key}"
    for own in (client_id, quote(client_id)):
        injected = f"{own}&username={quote(username)}&password={password}"
        for name in (victim, quote(victim)):
            body = as_nanomq_wrote_it(clientid=injected, username=name, password="x")
            assert not admits(post("nanomq/auth", body))
    assert not Session.objects.exists()


@pytest.mark.parametrize("mine", ["username=pump-0002%26a1B2c3", "username=pump-0002%26a1B2c3&x=y"])
def test_who_sends_no_username_writes_none_into_a_topic(mine: str) -> None:
    """A NULL is left out of the form, so that nothing would be repeated."""
    body = as_nanomq_wrote_it(access="1", topic=f"/a1B2c3/pump-0002/user/get&{mine}")
    assert not admits(post("nanomq/acl", body))
    body = as_nanomq_wrote_it(clientid=f"x&{mine}", access="1", topic="/a1B2c3/pump-0002/user/get")
    assert not admits(post("nanomq/acl", body))


@pytest.mark.parametrize("broker", BROKERS)
def test_all_that_clients_may_send_comes_through_a_form_and_json(
    broker: str, product: Product, device: Device
) -> None:
    """Devices put `|`, `=`, `,`, `&`, newlines and more into clientId and username."""
    given_to(broker, product)
    connect = by_secret(product.product_key, NAME, device.device_secret)
    odd = (connect[0].replace("|", "|\n,é=灯 +%41&;/?#,", 1), *connect[1:])
    question, fields = AUTHENTICATION[broker]
    assert admits(post(question, urlencode(fields(odd))))
    assert admits(post(question, json.dumps(fields(odd)), JSON))
    assert admits(post(question, json.dumps(fields(odd), ensure_ascii=False), JSON))
