"""What a device may use at a broker: its own topics, its own queues, and nothing else."""

import pytest

from devices.models import LogEntry
from tests.devices.webhooks.asking import ask, ask_json, result, word

pytestmark = pytest.mark.django_db

PK, DN = "a1B2c3D4e5F", "lamp-0001"
USERNAME = f"{DN}&{PK}"
CLIENT_ID = "x|securemode=3,signmethod=hmacsha256|"
OWN = f"/{PK}/{DN}/user/get"
OTHERS = [
    f"/{PK}/lamp-0002/user/get",
    f"/b1B2c3D4e5F/{DN}/user/get",
    f"/{PK}/+/user/get",
    f"/{PK}/#",
    "#",
    "",
    "$SYS/brokers",
]


def rabbitmq(permission: str, routing_key: str, **others: str) -> str:
    fields = {
        "username": USERNAME,
        "vhost": "/",
        "resource": "topic",
        "name": "amq.topic",
        "permission": permission,
        "tags": "",
        "routing_key": routing_key,
        "variable_map.client_id": CLIENT_ID,
    }
    return word(ask("rabbitmq/topic", fields | others))


def as_routing_key(topic: str) -> str:
    return topic.replace("/", ".").replace("+", "*")


def test_rabbitmq_writes_topics_as_routing_keys() -> None:
    assert rabbitmq("read", as_routing_key(OWN)) == "allow"
    assert rabbitmq("write", as_routing_key(OWN)) == "allow"
    assert rabbitmq("read", f".{PK}.{DN}.user.*") == "allow"
    assert rabbitmq("read", f".{PK}.{DN}.#") == "allow"
    assert rabbitmq("read", f".sys.{PK}.{DN}.thing.service.#") == "allow"


@pytest.mark.parametrize("sign", ["*", "#"])
def test_rabbitmq_lets_nobody_publish_to_wildcards(sign: str) -> None:
    assert rabbitmq("write", f".{PK}.{DN}.user.{sign}") == "deny"


@pytest.mark.parametrize("topic", OTHERS)
def test_rabbitmq_keeps_devices_to_their_own_topics(topic: str) -> None:
    assert rabbitmq("read", as_routing_key(topic)) == "deny"
    assert rabbitmq("write", as_routing_key(topic)) == "deny"


@pytest.mark.parametrize(
    "others",
    [
        {"name": "amq.direct"},
        {"vhost": "other"},
        {"username": "guest"},
        {"username": f"lamp-0002&{PK}"},
    ],
)
def test_rabbitmq_is_told_no_about_anything_else(others: dict[str, str]) -> None:
    assert rabbitmq("read", as_routing_key(OWN), **others) == "deny"


def test_rabbitmq_configures_no_topic() -> None:
    assert rabbitmq("configure", as_routing_key(OWN)) == "deny"


def resource(kind: str, name: str, permission: str, **others: str) -> str:
    fields = {"username": USERNAME, "vhost": "/", "resource": kind, "name": name}
    return word(ask("rabbitmq/resource", {**fields, "permission": permission, **others}))


@pytest.mark.parametrize("permission", ["configure", "read", "write"])
def test_rabbitmq_gives_a_device_its_own_queues(permission: str) -> None:
    for end in ("qos0", "qos1"):
        name = f"mqtt-subscription-{CLIENT_ID}{end}"
        assert resource("queue", name, permission, client_id=CLIENT_ID) == "allow"
        assert resource("queue", name, permission) == "allow"
        assert resource("queue", name, permission, client_id="another") == "deny"
    assert resource("queue", "orders", permission) == "deny"


def test_rabbitmq_gives_a_device_the_exchange_of_topics() -> None:
    assert resource("exchange", "amq.topic", "read") == "allow"
    assert resource("exchange", "amq.topic", "write") == "allow"
    assert resource("exchange", "amq.topic", "configure") == "deny"
    assert resource("exchange", "amq.direct", "read") == "deny"
    assert resource("user", "amq.topic", "read") == "deny"


@pytest.mark.parametrize("action", ["publish", "subscribe"])
def test_emqx_keeps_devices_to_their_own_topics(action: str) -> None:
    fields = {"clientid": CLIENT_ID, "username": USERNAME, "action": action}
    assert result(ask_json("emqx/authorization", {**fields, "topic": OWN})) == "allow"
    for topic in OTHERS:
        assert result(ask_json("emqx/authorization", {**fields, "topic": topic})) == "deny"
    assert result(ask_json("emqx/authorization", {**fields, "action": "x", "topic": OWN})) == "deny"


def test_a_dot_in_a_name_stays_a_dot_at_emqx() -> None:
    fields = {"clientid": CLIENT_ID, "action": "subscribe", "username": f"a.b.c&{PK}"}
    own, other = f"/{PK}/a.b.c/user", f"/{PK}/a/b.c/user"
    assert result(ask_json("emqx/authorization", {**fields, "topic": own})) == "allow"
    assert result(ask_json("emqx/authorization", {**fields, "topic": other})) == "deny"


@pytest.mark.parametrize(("access", "status"), [("1", 200), ("2", 200), ("3", 403), ("", 403)])
def test_nanomq_numbers_what_is_wanted(access: str, status: int) -> None:
    fields = {"username": USERNAME, "access": access}
    assert ask("nanomq/acl", {**fields, "topic": OWN}).status_code == status
    assert ask("nanomq/acl", {**fields, "topic": OTHERS[0]}).status_code == 403


@pytest.mark.parametrize(
    ("acc", "topic", "status"),
    [
        (1, OWN, 200),
        (2, OWN, 200),
        (3, OWN, 200),
        (4, f"/{PK}/{DN}/#", 200),
        (2, f"/{PK}/{DN}/#", 403),
        (3, f"/{PK}/{DN}/#", 403),
        (1, OTHERS[0], 403),
        (5, OWN, 403),
    ],
)
def test_mosquitto_numbers_what_is_wanted(acc: int, topic: str, status: int) -> None:
    fields = {"username": USERNAME, "clientid": CLIENT_ID, "topic": topic, "acc": acc}
    assert ask_json("mosquitto/acl", fields).status_code == status


def test_denials_are_logged_a_few_times_a_minute() -> None:
    for _ in range(15):
        assert rabbitmq("write", as_routing_key(OTHERS[0])) == "deny"
    entries = LogEntry.objects.filter(reason="topic_denied")
    assert 8 < entries.count() < 12
    assert entries[0].detail["topic"] == OTHERS[0]
