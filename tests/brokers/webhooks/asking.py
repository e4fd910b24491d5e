"""Questions as brokers ask them."""

import json
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

from brokers.webhooks.fields import JSON
from products.broker_topics import BROKERS
from products.models import Product
from protocol import signing
from protocol.http_form import CONTENT_TYPE
from protocol.signing import SignMethod
from registration.operations.client_id_slots import ClientIdIssued

SECRETS = {broker: f"a-secret-of-{broker}-0123456789" for broker in BROKERS}
NAME = "lamp-0001"


def given_to(broker: str, product: Product) -> Product:
    """A product whose data connections the broker carries."""
    product.data_connections = broker
    product.save(update_fields=["data_connections"])
    return product


def secret_of(question: str) -> dict[str, str]:
    """The header that opens a question of `broker/question`."""
    return {"X-Broker-Secret": SECRETS.get(question.partition("/")[0], "")}


def ask(question: str, fields: dict[str, str], **options: Any) -> HttpResponse:
    """A form, as RabbitMQ sends it."""
    options = {"headers": secret_of(question), **options}
    body = urlencode(fields)
    answer = Client().post(f"/brokers/{question}", body, content_type=CONTENT_TYPE, **options)
    assert not answer.cookies, "machines get none"
    return answer  # type: ignore[return-value]


def ask_json(question: str, fields: dict[str, Any], **options: Any) -> HttpResponse:
    options = {"headers": secret_of(question), **options}
    return Client().post(  # type: ignore[return-value]
        f"/brokers/{question}", json.dumps(fields), content_type=JSON, **options
    )


def word(answer: HttpResponse) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def result(answer: HttpResponse) -> str:
    """The result for EMQX 5, which reads any status but 200 as *ask the next one*."""
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    return str(json.loads(answer.content)["result"])


def by_secret(product_key: str, device_name: str, secret: str) -> tuple[str, str, str]:
    """clientId, username and password of a connection with the DeviceSecret."""
    content = signing.connection_content("base", device_name, product_key, "789")
    password = signing.sign(SignMethod.HMACSHA256, secret, content)
    client_id = "base|securemode=3,signmethod=hmacsha256,timestamp=789|"
    return client_id, f"{device_name}&{product_key}", password


def by_token(product_key: str, device_name: str, issued: ClientIdIssued) -> tuple[str, str, str]:
    client_id = f"{issued.client_id}|authType=connwl,securemode=-2,_v=sdk-c-4.2.0|"
    return client_id, f"{device_name}&{product_key}", issued.device_token


def as_rabbitmq(connect: tuple[str, str, str]) -> dict[str, str]:
    client_id, username, password = connect
    return {"username": username, "password": password, "vhost": "/", "client_id": client_id}


def as_emqx(connect: tuple[str, str, str]) -> dict[str, str]:
    client_id, username, password = connect
    fields = {"clientid": client_id, "username": username, "password": password}
    return fields | {"peerhost": "192.0.2.9"}


def as_nanomq(connect: tuple[str, str, str]) -> dict[str, str]:
    client_id, username, password = connect
    fields = {"clientid": client_id, "username": username, "password": password}
    return fields | {"ipaddr": "192.0.2.9"}


def as_mosquitto(connect: tuple[str, str, str]) -> dict[str, str]:
    client_id, username, password = connect
    return {"username": username, "password": password, "clientid": client_id}
