"""Questions of brokers, as anybody could write them."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from brokers.webhooks.dialects import HOOKS
from brokers.webhooks.fields import JSON
from devices.models import Device, Session
from products.broker_topics import BROKERS
from protocol.http_form import CONTENT_TYPE
from protocol.topics import TopicAcl
from tests.brokers.webhooks.asking import SECRETS, by_secret, given_to
from tests.factories import make_device, make_product
from tests.fuzz import fuzzed, without_errors

pytestmark = pytest.mark.django_db

PK, DN = "a1B2c3D4e5F", "pump-0001"
OWN = f"/{PK}/{DN}/user/get"
NAMES = sorted(
    {name for hook in HOOKS.values() for name in hook.names}
    | {"variable_map.client_id", "is_superuser", "Username", "username[]", ""}
)
TOPICS = [OWN, f"/{PK}/pump-0002/user/get", "/#", "#", f"{OWN},/#", f"{OWN},{OWN}", f"/{PK}/{DN}/+"]
KEYS = [OWN.replace("/", "."), f".{PK}.{DN}.#", f".{PK}.*.user.get", "#", ".", f".{PK}.{DN}/.a"]
VALUES = [
    *TOPICS,
    *KEYS,
    *(f"{DN}&{PK}", f"pump-0002&{PK}", "guest", "a&b&c", "&", "x|securemode=3|"),
    *("publish", "subscribe", "read", "write", "configure", "topic", "queue", "exchange"),
    *("amq.topic", "/", "1", "2", "3", "4", "01", "192.0.2.9", "::1", "x&username=y", "%00", "\0"),
]
texts = st.text(st.characters(codec="utf-8"), max_size=30)
names = st.sampled_from(NAMES) | texts
values = st.sampled_from(VALUES) | texts
pairs = st.lists(st.tuples(names, values), max_size=9)
scalars = values | st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=5)
nested = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(names, inner))
forms = (
    pairs.map(urlencode)
    | pairs.map(lambda made: urlencode(made, quote_via=quote))
    | pairs.map(lambda made: "&".join(f"{name}={value}" for name, value in made))
).map(str.encode)
objects = st.dictionaries(names, scalars | nested).map(json.dumps).map(str.encode)
repeated = st.lists(st.tuples(names, scalars)).map(
    lambda made: (
        "{" + ",".join(f"{json.dumps(n)}:{json.dumps(v)}" for n, v in made) + "}"
    ).encode()
)
bodies = forms | objects | repeated | nested.map(json.dumps).map(str.encode) | st.binary()
types = st.sampled_from(
    [
        *(CONTENT_TYPE, JSON, f"{CONTENT_TYPE}; charset=utf-8", f"{JSON}; charset=latin-1"),
        *(
            "text/plain",
            "",
            "multipart/form-data; boundary=x",
            f"{JSON};",
            f"{CONTENT_TYPE},{JSON}",
        ),
    ]
)
_OBJECT = {"username": f"{DN}&{PK}", "vhost": "/", "permission": "read"}
GOOD = {
    "rabbitmq/vhost": {"username": f"{DN}&{PK}", "vhost": "/", "ip": "192.0.2.9", "tags": ""},
    "rabbitmq/resource": {**_OBJECT, "resource": "exchange", "name": "amq.topic"},
    "rabbitmq/topic": {
        **_OBJECT,
        "resource": "topic",
        "name": "amq.topic",
        "routing_key": OWN.replace("/", "."),
    },
    "emqx/authorization": {"username": f"{DN}&{PK}", "action": "publish", "topic": OWN},
    "nanomq/acl": {"clientid": "x", "username": f"{DN}&{PK}", "access": "1", "topic": OWN},
    "mosquitto/acl": {"username": f"{DN}&{PK}", "clientid": "x", "topic": OWN, "acc": "1"},
}


@st.composite
def nearly_good(draw: st.DrawFn, question: str) -> bytes:
    """A question that would be allowed, with something changed or added; or as it is."""
    made = [
        (name, draw(values) if draw(st.integers(0, 5)) == 0 else value)
        for name, value in GOOD.get(question, {}).items()
    ]
    made += draw(st.lists(st.tuples(names, values), max_size=2))
    match draw(st.sampled_from(["form", "raw", "JSON"])):
        case "form":
            return urlencode(made).encode()
        case "raw":
            return "&".join(f"{name}={value}" for name, value in made).encode()
    members = (f"{json.dumps(name)}:{json.dumps(value)}" for name, value in made)
    return ("{" + ",".join(members) + "}").encode()


NO = {
    "rabbitmq": {b"deny"},
    "nanomq": {b"deny"},
    "mosquitto": {b"refused", b'{"ok": false, "error": "refused"}'},
    "emqx": {b'{"result": "deny"}', b'{"result": "deny", "is_superuser": false}'},
}


def ask(path: str, body: bytes, content_type: str, **headers: str) -> HttpResponse:
    return Client().generic(  # type: ignore[return-value]
        "POST", f"/brokers/{path}", body, content_type=content_type, headers=headers
    )


def is_yes(question: str, answer: HttpResponse) -> bool:
    """Any answer is the broker's own yes or no."""
    broker = question.partition("/")[0]
    assert answer.status_code in ({200} if broker in {"rabbitmq", "emqx"} else {200, 403})
    no = answer.content in NO[broker]
    assert no == (answer.status_code == 403) or broker in {"rabbitmq", "emqx"}
    return not no


def read(body: bytes, content_type: str) -> Mapping[str, str]:
    """As a lenient reader would; the last of a repeated field counts."""
    if content_type.startswith(JSON):
        return {name: str(value) for name, value in json.loads(body).items()}
    return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))


def read_first(body: bytes, content_type: str) -> Mapping[str, str]:
    """As another one would, for which the first counts."""
    if content_type.startswith(JSON):
        made: list[tuple[str, Any]] = json.loads(body, object_pairs_hook=lambda found: found)
        return {name: str(value) for name, value in reversed(made)}
    found = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    return dict(reversed(found))


@fuzzed
@given(st.sampled_from(sorted(HOOKS)), types, st.data())
def test_any_question_has_a_yes_or_no_and_all_readers_agree_on_a_yes(
    broker_secrets: None, question: str, content_type: str, data: st.DataObject
) -> None:
    body = data.draw(nearly_good(question) | bodies)
    secret = SECRETS[question.partition("/")[0]]
    with without_errors():
        if not is_yes(question, ask(question, body, content_type, x_broker_secret=secret)):
            return
        assert not question.endswith("superuser")
        fields = read(body, content_type)
        assert fields == read_first(body, content_type)
        name, _, key = fields["username"].partition("&")
        assert key.isalnum()
        if "topic" in fields:
            for topic in fields["topic"].split(","):
                publish = TopicAcl.may_publish(topic, key, name)
                assert publish or TopicAcl.may_subscribe(topic, key, name)


@fuzzed
@given(st.text(st.characters(codec="utf-8"), max_size=40), st.sampled_from(sorted(HOOKS)), bodies)
def test_without_the_secret_of_the_broker_there_is_no_yes(
    broker_secrets: None, secret: str, question: str, body: bytes
) -> None:
    others = [SECRETS[broker] for broker in BROKERS if not question.startswith(broker)]
    with without_errors():
        for wrong in (secret, *others):
            header = wrong.encode().decode("latin-1")
            for content_type in (CONTENT_TYPE, JSON):
                assert not is_yes(
                    question, ask(question, body, content_type, X_Broker_Secret=header)
                )
        path = f"{quote(others[0])}/{question}"
        assert not is_yes(question, ask(path, body, CONTENT_TYPE))


@fuzzed
@given(st.text(st.characters(codec="utf-8"), max_size=60), bodies, types)
def test_any_path_is_answered(
    broker_secrets: None, path: str, body: bytes, content_type: str
) -> None:
    with without_errors():
        answer = ask(quote(path), body, content_type, X_Broker_Secret=SECRETS["nanomq"])
        assert answer.status_code in {200, 403, 404}


CONNECT_FIELDS = {
    "rabbitmq": ("rabbitmq/user", "client_id"),
    "emqx": ("emqx/authentication", "clientid"),
    "nanomq": ("nanomq/auth", "clientid"),
    "mosquitto": ("mosquitto/user", "clientid"),
}


@pytest.fixture
def devices(db: None) -> list[Device]:
    return [make_device(make_product(), DN), make_device(make_product(), "pump-0002")]


@fuzzed
@given(
    st.sampled_from(BROKERS),
    values,
    values,
    st.sampled_from(["encoded", "not encoded", "JSON"]),
    st.booleans(),
)
def test_only_the_owner_of_a_credential_is_let_in_whatever_it_writes_into_its_fields(
    broker_secrets: None,
    devices: list[Device],
    broker: str,
    base: str,
    behind: str,
    how: str,
    victim_named: bool,
) -> None:
    """With its own right password, and with its victim's username beside it."""
    own, victim = devices
    question, client_field = CONNECT_FIELDS[broker]
    for device in devices:
        given_to(broker, device.product)
    connect = by_secret(own.product.product_key, DN, own.device_secret)
    victims = f"{victim.device_name}&{victim.product.product_key}"
    client_id = f"{base}|{connect[0].partition('|')[2]}{behind}"
    client_id += f"&username={quote(victims)}&password={connect[2]}"
    username = victims if victim_named else connect[1]
    fields = {client_field: client_id, "username": username, "password": connect[2]}
    raw = "&".join(f"{name}={value}" for name, value in fields.items())
    body = {"encoded": urlencode(fields), "not encoded": raw, "JSON": json.dumps(fields)}[how]
    content_type = JSON if how == "JSON" else CONTENT_TYPE
    headers = {"X_Broker_Secret": SECRETS[broker]}
    with without_errors():
        yes = is_yes(question, ask(question, body.encode(), content_type, **headers))
        assert not (yes and (victim_named or how == "not encoded"))
        assert not Session.objects.filter(device=victim).exists()
