"""How each broker asks, and how it wants to be answered, as its source has it.

RabbitMQ (rabbitmq_auth_backend_http): a form; `allow` or `deny` with 200. EMQX 5: JSON or a form,
in which what is not known is an empty text; it takes every status but 200 and 204 for *ask the next
one*, so a refusal is a 200 too. EMQX 4 and NanoMQ: JSON or a form, from which what is not known is
left out; the status decides. mosquitto-go-auth: JSON, in which `acc` is a number, or a form; the
status decides, and where it is set so `ok` or a JSON object, in the form of the question.

Of the names of fields, those that a broker's own documents use are known, and all that RabbitMQ and
mosquitto-go-auth send by themselves.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from brokers.webhooks.acl import TOPIC_EXCHANGE, Name, may_use_queue, topic_of
from brokers.webhooks.authenticator import Connecting, TopicUse, shared_authenticator
from brokers.webhooks.fields import JSON, Fields, is_json
from products.broker_topics import EMQX, MOSQUITTO, NANOMQ, RABBITMQ
from protocol.topics import MAX_FILTERS_PER_SUBSCRIBE

Decide = Callable[[Fields], bool]
Say = Callable[[HttpRequest, bool], HttpResponse]


@dataclass(frozen=True, slots=True)
class Hook:
    """`decide` may raise anything, which refuses; `say` puts the answer as the broker reads it.

    `names` are the fields the broker sends; those below `variable_map.` are RabbitMQ's context.
    """

    broker: str
    decide: Decide
    say: Say
    names: frozenset[str]

    def knows(self, name: str) -> bool:
        context = self.broker == RABBITMQ and name.startswith("variable_map.")
        return context or name in self.names


def respond(body: str, content_type: str = "text/plain", status: int = 200) -> HttpResponse:
    content = body.encode()
    headers = {"Content-Length": str(len(content)), "Cache-Control": "no-store"}
    return HttpResponse(content, status=status, content_type=content_type, headers=headers)


# --- Deciding -----------------------------------------------------------------------------
def _connect(broker: str, *, client_id: str, address: str = "") -> Decide:
    """`client_id` and `address` are the broker's names for these fields."""

    def decide(fields: Fields) -> bool:
        return shared_authenticator().lets_in(
            Connecting(
                broker,
                fields.get(client_id, ""),
                fields.get("username"),
                fields.get("password"),
                fields.get(address) or None,
            )
        )

    return decide


def _use(broker: str, fields: Fields, topic: str, *, publish: bool, subscribe: bool) -> bool:
    """False when it is neither."""
    name = Name.of(fields.get("username", ""))
    if name is None or not (publish or subscribe):
        return False
    use = TopicUse(broker, name, topic, publish=publish, subscribe=subscribe)
    return shared_authenticator().lets_use(use)


def _never(_fields: Fields) -> bool:
    """No device is above the rules."""
    return False


# --- RabbitMQ -----------------------------------------------------------------------------
_rabbit_connect = _connect(RABBITMQ, client_id="client_id")


def _rabbit_user(fields: Fields) -> bool:
    # Only who comes by MQTT names the virtual host already.
    return _right_vhost(fields, absent=True) and _rabbit_connect(fields)


def _rabbit_vhost(fields: Fields) -> bool:
    return Name.of(fields.get("username", "")) is not None and _right_vhost(fields)


def _rabbit_resource(fields: Fields) -> bool:
    if not _rabbit_vhost(fields):
        return False
    name, permission = fields.get("name", ""), fields.get("permission", "")
    match fields.get("resource"):
        case "exchange":
            return name == TOPIC_EXCHANGE and permission in {"read", "write"}
        case "queue":
            return may_use_queue(name, fields.get("client_id"))
    return False


def _rabbit_topic(fields: Fields) -> bool:
    if not _right_vhost(fields) or fields.get("name") != TOPIC_EXCHANGE:
        return False
    permission = fields.get("permission")
    topic = topic_of(fields.get("routing_key", ""))
    if topic is None:
        return False
    read, write = permission == "read", permission == "write"
    return _use(RABBITMQ, fields, topic, publish=write, subscribe=read)


def _right_vhost(fields: Fields, *, absent: bool = False) -> bool:
    vhost = fields.get("vhost")
    return absent if vhost is None else vhost == settings.RABBITMQ_VHOST


def _say_word(_request: HttpRequest, allowed: bool) -> HttpResponse:
    return respond("allow" if allowed else "deny")


# --- EMQX 5 -------------------------------------------------------------------------------
def _emqx_authorization(fields: Fields) -> bool:
    action, topic = fields.get("action"), fields.get("topic", "")
    publish, subscribe = action == "publish", action == "subscribe"
    return _use(EMQX, fields, topic, publish=publish, subscribe=subscribe)


def _say_result(_request: HttpRequest, allowed: bool) -> HttpResponse:
    return respond(json.dumps({"result": "allow" if allowed else "deny"}), JSON)


def _say_user(_request: HttpRequest, allowed: bool) -> HttpResponse:
    result = {"result": "allow" if allowed else "deny", "is_superuser": False}
    return respond(json.dumps(result), JSON)


# --- EMQX 4 and NanoMQ --------------------------------------------------------------------
def _nanomq_acl(fields: Fields) -> bool:
    """`access` is 1 to subscribe, 2 to publish.

    NanoMQ joins the filters of one SUBSCRIBE by commas, asks once and takes the answer for all of
    them; EMQX 4 asks for each. No topic of a device holds a comma.
    """
    access, topics = fields.get("access"), fields.get("topic", "").split(",")
    publish, subscribe = access == "2", access == "1"
    if len(topics) > (MAX_FILTERS_PER_SUBSCRIBE if subscribe else 1):
        return False
    return all(_use(NANOMQ, fields, one, publish=publish, subscribe=subscribe) for one in topics)


def _say_status(_request: HttpRequest, allowed: bool) -> HttpResponse:
    return respond("allow" if allowed else "deny", status=200 if allowed else 403)


# --- mosquitto-go-auth --------------------------------------------------------------------
_READ, _WRITE, _READ_WRITE, _SUBSCRIBE = "1", "2", "3", "4"


def _mosquitto_acl(fields: Fields) -> bool:
    """`acc` is 1 when a message is about to reach the device, 4 when it subscribes."""
    access, topic = fields.get("acc"), fields.get("topic", "")
    publish = access in {_WRITE, _READ_WRITE}
    subscribe = access in {_READ, _READ_WRITE, _SUBSCRIBE}
    return _use(MOSQUITTO, fields, topic, publish=publish, subscribe=subscribe)


def _say_ok(request: HttpRequest, allowed: bool) -> HttpResponse:
    status = 200 if allowed else 403
    if is_json(request):
        error = "" if allowed else "refused"
        return respond(json.dumps({"ok": allowed, "error": error}), JSON, status)
    return respond("ok" if allowed else "refused", status=status)


# --- All of them --------------------------------------------------------------------------
def _named(names: str) -> frozenset[str]:
    return frozenset(names.split())


_RABBITMQ_OBJECT = "username vhost resource name permission tags client_id"
_EMQX = "clientid username peerhost peerport proto_name mountpoint zone listener"
_EMQX_TOPIC = f"{_EMQX} action topic qos retain"
_NANOMQ = "clientid username ipaddr peerhost protocol sockport common subject mountpoint"
_emqx_connect = _connect(EMQX, client_id="clientid", address="peerhost")
_nanomq_connect = _connect(NANOMQ, client_id="clientid", address="ipaddr")
_mosquitto_connect = _connect(MOSQUITTO, client_id="clientid")

# By what follows /brokers/.
HOOKS: Mapping[str, Hook] = {
    f"{broker}/{question}": Hook(broker, decide, say, _named(names))
    for broker, question, decide, say, names in (
        (RABBITMQ, "user", _rabbit_user, _say_word, "username password vhost client_id ssl"),
        (RABBITMQ, "vhost", _rabbit_vhost, _say_word, "username vhost ip tags client_id"),
        (RABBITMQ, "resource", _rabbit_resource, _say_word, _RABBITMQ_OBJECT),
        (RABBITMQ, "topic", _rabbit_topic, _say_word, f"{_RABBITMQ_OBJECT} routing_key"),
        (EMQX, "authentication", _emqx_connect, _say_user, f"{_EMQX} password"),
        (EMQX, "authorization", _emqx_authorization, _say_result, _EMQX_TOPIC),
        (NANOMQ, "auth", _nanomq_connect, _say_status, f"{_NANOMQ} password"),
        (NANOMQ, "superuser", _never, _say_status, f"{_NANOMQ} password access topic"),
        (NANOMQ, "acl", _nanomq_acl, _say_status, f"{_NANOMQ} password access topic"),
        (MOSQUITTO, "user", _mosquitto_connect, _say_ok, "username password clientid"),
        (MOSQUITTO, "superuser", _never, _say_ok, "username"),
        (MOSQUITTO, "acl", _mosquitto_acl, _say_ok, "username clientid topic acc"),
    )
}
