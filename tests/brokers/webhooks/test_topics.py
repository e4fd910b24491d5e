"""Resources a device may use at a broker: its own topics, its own queues, and nothing else."""

import pytest

from logs.models import LogEntry
from tests.brokers.webhooks.asking import ask, ask_json, result, word

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


SECOND = f"/sys/{PK}/{DN}/thing/service/property/set"


@pytest.mark.parametrize(
    ("topics", "status"),
    [
        ([OWN, SECOND], 200),
        ([OWN, f"/{PK}/{DN}/#", SECOND], 200),
        ([OWN, f"/{PK}/lamp-0002/user/get"], 403),
        ([OWN, "/#"], 403),
        ([OWN, "#"], 403),
        ([OWN, "+"], 403),
        (["/#", OWN], 403),
        ([OWN, f"/{PK}/+/user/get", SECOND], 403),
        ([OWN, f" {SECOND}"], 403),
        ([OWN, ""], 403),
        (["", OWN], 403),
        ([OWN, f"$share/group{OWN}"], 403),
        ([f"{OWN}%2C/#"], 200),  # a literal percent sign: nothing is decoded twice
        ([OWN] * 8, 200),
        ([OWN] * 9, 403),
        ([OWN] * 1000, 403),
    ],
)
def test_nanomq_joins_the_filters_of_a_subscribe_and_each_has_to_be_allowed(
    topics: list[str], status: int
) -> None:
    fields = {"username": USERNAME, "access": "1", "topic": ",".join(topics)}
    assert ask_json("nanomq/acl", fields).status_code == status
    assert ask("nanomq/acl", fields).status_code == status


def test_a_topic_with_a_comma_is_published_and_subscribed_nowhere() -> None:
    joined = f"{OWN},{OWN}"
    fields = {"username": USERNAME, "topic": joined}
    assert ask_json("nanomq/acl", {**fields, "access": "2"}).status_code == 403
    for acc in (1, 2, 3, 4):
        assert ask_json("mosquitto/acl", {**fields, "acc": acc}).status_code == 403
    for action in ("publish", "subscribe"):
        answer = ask_json("emqx/authorization", {**fields, "action": action})
        assert result(answer) == "deny"
    for permission in ("read", "write"):
        assert rabbitmq(permission, as_routing_key(joined)) == "deny"


@pytest.mark.parametrize("key", [OWN, f"/{PK}.{DN}.user.get", f".{PK}/{DN}/user.get", f"{OWN}.+"])
def test_a_routing_key_that_rabbitmq_would_not_write_is_no_topic(key: str) -> None:
    assert rabbitmq("read", key) == "deny"
    assert rabbitmq("write", key) == "deny"


@pytest.mark.parametrize("access", ["01", "+1", "1.0", " 1", "\uff11", "true", "1,2", "3"])
def test_a_number_is_written_in_one_way(access: str) -> None:
    fields = {"username": USERNAME, "topic": OWN}
    assert ask("nanomq/acl", {**fields, "access": access}).status_code == 403
    acc = {"3": "5"}.get(access, access)
    assert ask("mosquitto/acl", {**fields, "acc": acc}).status_code == 403


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
