"""A device online: one session each, keepalive, its own topics and nobody else's."""

from contextlib import suppress
from typing import cast

import pytest

from devices.models import Device, Session
from logs.models import LogEntry
from mqtt.listener.batcher import Job
from mqtt.listener.connection import Connection
from protocol import mqtt
from tests.clients.connects import registration_connect, signed_connect, token_connect
from tests.clients.mqtt import MqttClient
from tests.clients.running import RunningListener, eventually
from tests.factories import issued_client_id, make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)
KICK = b'{"title":"kick","content":"Kicked by the same device"}'


@pytest.fixture
def device(transactional_db: None) -> Device:
    return make_device(make_product(), "lamp-0001")


def offline_reasons() -> list[str]:
    return list(LogEntry.objects.filter(operation="offline").values_list("reason", flat=True))


def only_connection(listener: RunningListener) -> Connection:
    return cast("Connection", next(iter(listener.listener.hub.peers.connections)))


# --- sessions -----------------------------------------------------------------------------


@pytest.mark.parametrize("level", [mqtt.LEVEL_31, mqtt.LEVEL_311])
def test_the_first_connection_activates_and_shows_the_device_online(
    listener: RunningListener, device: Device, level: int
) -> None:
    listener.online(signed_connect(device, protocol_level=level), tls=True)
    device.refresh_from_db()
    assert device.activated_at is not None
    session = Session.objects.get(ended_at=None)
    assert (session.address, session.sdk) == ("127.0.0.1", "sdk-c-4.2.0")
    assert session.listener == listener.listener.hub.listener


def test_goodbye_ends_the_session(listener: RunningListener, device: Device) -> None:
    client = listener.online(signed_connect(device))
    client.send(mqtt.DISCONNECT)
    assert client.is_closed()
    assert eventually(lambda: offline_reasons() == ["device_disconnect"])
    assert not Session.objects.filter(ended_at=None).exists()


def test_a_session_is_told_to_end_before_the_next_one_begins(
    listener: RunningListener, device: Device
) -> None:
    """However soon the device comes back."""
    for _ in range(10):
        client = listener.online(signed_connect(device))
        client.send(mqtt.DISCONNECT)
        assert client.is_closed()
    assert eventually(lambda: len(offline_reasons()) == 10)
    told = LogEntry.objects.filter(operation__in=["online", "offline"]).order_by("pk")
    assert [entry.operation for entry in told] == ["online", "offline"] * 10


@pytest.mark.parametrize("tls", [True, False])
def test_a_broken_connection_ends_the_session(
    listener: RunningListener, device: Device, tls: bool
) -> None:
    listener.online(signed_connect(device), tls=tls).close()
    assert eventually(lambda: offline_reasons() == ["connection_lost"])
    assert not Session.objects.filter(ended_at=None).exists()


def test_bytes_that_are_no_mqtt_end_the_session(listener: RunningListener, device: Device) -> None:
    client = listener.online(signed_connect(device))
    client.send(b"\x00\x00GET / HTTP/1.1")
    assert client.is_closed()
    assert eventually(lambda: offline_reasons() == ["protocol_error"])


@pytest.mark.parametrize("tls", [True, False])
def test_the_older_session_gets_the_kick_notice_and_is_closed(
    listener: RunningListener, device: Device, tls: bool
) -> None:
    older = listener.online(signed_connect(device), tls=tls)
    newer = listener.online(signed_connect(device), tls=tls)
    assert older.push() == mqtt.Publish("/ext/notify", KICK)
    assert older.is_closed()
    assert newer.ask(mqtt.PINGREQ) == mqtt.PingResp()
    assert eventually(lambda: offline_reasons() == ["takeover"])
    assert Session.objects.filter(ended_at=None).count() == 1


def test_another_client_id_of_the_same_device_takes_over_too(listener: RunningListener) -> None:
    product = make_product()
    one, two = (issued_client_id(product, "sim-00001") for _ in range(2))
    older = listener.online(token_connect(product, "sim-00001", one))
    listener.online(token_connect(product, "sim-00001", two))
    assert older.push().topic == "/ext/notify"
    assert older.is_closed()
    assert Session.objects.get(ended_at=None).client_id == two.client_id


def test_a_wrong_password_takes_nothing_over(listener: RunningListener, device: Device) -> None:
    client = listener.online(signed_connect(device))
    assert listener.attempt(signed_connect(device, secret="not the secret")) == 5
    assert client.ask(mqtt.PINGREQ) == mqtt.PingResp()


def test_a_registration_session_takes_nothing_over_and_is_not_online(
    listener: RunningListener,
) -> None:
    product = make_product()
    issued = issued_client_id(product, "sim-00001")
    client = listener.online(token_connect(product, "sim-00001", issued))
    registering = listener.online(registration_connect(product, "sim-00001"), tls=True)
    assert registering.push().topic == "/ext/regnwl"
    assert client.ask(mqtt.PINGREQ) == mqtt.PingResp()
    assert Session.objects.get(ended_at=None).client_id == issued.client_id
    assert len(listener.listener.hub.sessions) == 1


def test_a_registered_device_may_ping_but_has_no_topics(listener: RunningListener) -> None:
    product = make_product()
    client = listener.online(registration_connect(product, "sim-00001"), tls=True)
    assert client.push().topic == "/ext/regnwl"
    assert client.ask(mqtt.PINGREQ) == mqtt.PingResp()
    topic = f"/{product.product_key}/sim-00001/user/get"
    assert client.ask(mqtt.subscribe(1, [(topic, 1)])) == mqtt.SubAck(1, (0x80,))
    client.send(mqtt.DISCONNECT)
    assert client.is_closed()
    assert not Device.objects.filter(activated_at__isnull=False).exists()


# --- time ---------------------------------------------------------------------------------


def test_silence_for_one_and_a_half_keepalives_ends_the_session(
    listener: RunningListener, device: Device
) -> None:
    client = listener.online(signed_connect(device, keepalive=30))
    connection, hub = only_connection(listener), listener.listener.hub
    assert 44 < connection.deadline - listener.do(hub.now) <= 45
    connection.deadline = 0.0  # the 45 seconds are over
    assert client.is_closed()
    assert eventually(lambda: offline_reasons() == ["keepalive_timeout"])


def test_every_packet_starts_the_keepalive_anew(listener: RunningListener, device: Device) -> None:
    client = listener.online(signed_connect(device, keepalive=1200))
    connection = only_connection(listener)
    before = connection.deadline
    assert client.ask(mqtt.PINGREQ) == mqtt.PingResp()
    assert connection.deadline > before


def test_a_connection_that_sends_no_connect_is_closed(listener: RunningListener) -> None:
    silent = listener.client(tls=False)
    slow = listener.client(tls=False)
    slow.send(b"\x10")
    hub = listener.listener.hub
    assert eventually(lambda: len(hub.peers.connections) == 2)
    for connection in cast("list[Connection]", list(hub.peers.connections)):
        assert connection.deadline <= listener.do(hub.now) + 10
        connection.deadline = 0.0
    assert silent.is_closed()
    assert slow.is_closed()


def test_a_registration_session_is_closed_after_15_seconds(listener: RunningListener) -> None:
    client = listener.online(registration_connect(make_product(), "sim-00001"), tls=True)
    assert client.push().topic == "/ext/regnwl"
    connection, hub = only_connection(listener), listener.listener.hub
    assert 14 < connection.deadline - listener.do(hub.now) <= 15
    connection.deadline = 0.0
    assert client.is_closed()


# --- messages -----------------------------------------------------------------------------


@pytest.fixture
def client(listener: RunningListener, device: Device) -> MqttClient:
    return listener.online(signed_connect(device))


@pytest.fixture
def own(device: Device) -> str:
    return f"/{device.product.product_key}/{device.device_name}/user"


def test_packets_sent_before_the_connack_are_answered_after_it(
    listener: RunningListener, device: Device, own: str
) -> None:
    client = listener.client(tls=False)
    early = mqtt.subscribe(1, [(f"{own}/get", 1)]) + mqtt.PINGREQ
    client.send(signed_connect(device) + early)
    answers = [client.receive() for _ in range(3)]
    assert answers == [mqtt.ConnAck(0), mqtt.SubAck(1, (1,)), mqtt.PingResp()]


def test_too_much_sent_before_the_connack_closes_the_connection(
    listener: RunningListener, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener.listener.hub.batcher, "submit", Job)  # never run
    client = listener.client(tls=False)
    client.send(signed_connect(device) + mqtt.PINGREQ * 9000)
    assert client.is_closed()


@pytest.mark.parametrize(("wished", "granted"), [(0, 0), (1, 1), (2, 1)])
def test_a_subscription_is_granted_the_qos_asked_for_up_to_1(
    client: MqttClient, own: str, wished: int, granted: int
) -> None:
    answer = client.ask(mqtt.subscribe(7, [(f"{own}/get", wished)]))
    assert answer == mqtt.SubAck(7, (granted,))


def test_foreign_topics_are_refused_one_by_one_and_logged(
    client: MqttClient, device: Device, own: str
) -> None:
    filters = [f"{own}/get", "/other/lamp-0001/user/get", "#", "+/+/user/get", f"{own}/#"]
    answer = client.ask(mqtt.subscribe(1, [(topic, 1) for topic in filters]))
    assert answer == mqtt.SubAck(1, (1, 0x80, 0x80, 0x80, 1))
    denied = LogEntry.objects.filter(reason="topic_denied", service_type="subscribe")
    assert eventually(lambda: denied.count() == 3)
    first = denied.order_by("pk")[0]
    assert first.detail["topic"] == "/other/lamp-0001/user/get"
    assert first.device_name == device.device_name


def test_topics_of_the_platform_under_the_own_name_are_granted(
    client: MqttClient, device: Device
) -> None:
    key = device.product.product_key
    topics = [
        f"/sys/{key}/lamp-0001/thing/service/property/set",
        f"/sys/{key}/lamp-0001/rrpc/request/+",
        f"/ext/ntp/{key}/lamp-0001/response",
        f"/shadow/get/{key}/lamp-0001",
        f"/ota/device/upgrade/{key}/lamp-0001",
        f"/broadcast/{key}/news",
    ]
    answer = client.ask(mqtt.subscribe(1, [(topic, 0) for topic in topics]))
    assert answer == mqtt.SubAck(1, (0,) * 6)


def test_a_device_has_at_most_100_subscriptions(client: MqttClient, own: str) -> None:
    topics = [(f"{own}/t{number}", 0) for number in range(101)]
    for first in range(0, 96, 8):
        answer = client.ask(mqtt.subscribe(1, topics[first : first + 8]))
        assert answer == mqtt.SubAck(1, (0,) * 8)
    assert client.ask(mqtt.subscribe(1, topics[96:])) == mqtt.SubAck(1, (0,) * 4 + (0x80,))
    # One that exists may change its QoS; a place that is given back is free.
    assert client.ask(mqtt.subscribe(2, [(f"{own}/t1", 1)])) == mqtt.SubAck(2, (1,))
    assert client.ask(mqtt.unsubscribe(3, [f"{own}/t1"])) == mqtt.UnsubAck(3)
    assert client.ask(mqtt.subscribe(4, [(f"{own}/new", 1)])) == mqtt.SubAck(4, (1,))


def test_of_one_subscribe_eight_filters_are_read(client: MqttClient, own: str) -> None:
    """As at the platform; the others are refused, told once, and may be asked for by themselves."""
    topics = [(f"{own}/t{number}", 1) for number in range(100)]
    assert client.ask(mqtt.subscribe(1, topics)) == mqtt.SubAck(1, (1,) * 8 + (0x80,) * 92)
    denied = LogEntry.objects.filter(reason="topic_denied", service_type="subscribe")
    assert eventually(denied.exists)
    assert client.ask(mqtt.subscribe(2, topics[8:9])) == mqtt.SubAck(2, (1,))
    assert denied.count() == 1
    assert denied.get().detail["problem"] == "more than 8 topics in one SUBSCRIBE"


def test_more_filters_than_a_device_may_have_end_the_session(client: MqttClient, own: str) -> None:
    client.send(mqtt.subscribe(1, [("a", 0)] * 101))
    assert client.is_closed()
    assert eventually(lambda: offline_reasons() == ["protocol_error"])


@pytest.mark.parametrize("tls", [True, False])
def test_a_flood_is_answered_whole_and_in_order(
    listener: RunningListener, device: Device, tls: bool
) -> None:
    """In slices, of which each leaves the rest for its next turn."""
    client = listener.online(signed_connect(device), tls=tls)
    other = listener.online(signed_connect(make_device(device.product, "lamp-0002")))
    flood = b"".join(mqtt.subscribe(number, [("#", 0)] * 8) for number in range(1, 2001))
    client.send(flood + mqtt.PINGREQ)
    assert other.ask(mqtt.PINGREQ) == mqtt.PingResp()
    for number in range(1, 2001):
        assert client.receive() == mqtt.SubAck(number, (0x80,) * 8)
    assert client.receive() == mqtt.PingResp()


@pytest.mark.parametrize("subscribed", ["update", "+", "#"])
def test_a_message_reaches_the_device_that_subscribed_to_its_topic(
    client: MqttClient, own: str, subscribed: str
) -> None:
    client.ask(mqtt.subscribe(1, [(f"{own}/{subscribed}", 1)]))
    assert client.ask(mqtt.publish(f"{own}/update", b"{}")) == mqtt.Publish(f"{own}/update", b"{}")
    client.send(mqtt.publish(f"{own}/update", b"[]", 1, 9))
    answers = [client.receive(), client.receive()]
    assert mqtt.PubAck(9) in answers
    assert mqtt.Publish(f"{own}/update", b"[]", 1, 1) in answers


def test_a_subscription_at_qos_0_gets_messages_at_qos_0(client: MqttClient, own: str) -> None:
    client.ask(mqtt.subscribe(1, [(f"{own}/update", 0)]))
    client.send(mqtt.publish(f"{own}/update", b"{}", 1, 9))
    answers = [client.receive(), client.receive()]
    assert mqtt.Publish(f"{own}/update", b"{}") in answers


def test_after_unsubscribe_nothing_arrives(client: MqttClient, own: str) -> None:
    client.ask(mqtt.subscribe(1, [(f"{own}/update", 1)]))
    assert client.ask(mqtt.unsubscribe(2, [f"{own}/update"])) == mqtt.UnsubAck(2)
    assert client.ask(mqtt.publish(f"{own}/update", b"{}", 1, 3)) == mqtt.PubAck(3)
    assert client.ask(mqtt.PINGREQ) == mqtt.PingResp()


def test_a_message_to_a_foreign_topic_reaches_nobody_and_is_logged(
    listener: RunningListener, client: MqttClient, device: Device
) -> None:
    other = make_device(device.product, "lamp-0002")
    theirs = f"/{device.product.product_key}/lamp-0002/user/get"
    victim = listener.online(signed_connect(other))
    victim.ask(mqtt.subscribe(1, [(theirs, 1)]))
    assert client.ask(mqtt.publish(theirs, b"evil", 1, 4)) == mqtt.PubAck(4)
    entry = LogEntry.objects.filter(reason="topic_denied", service_type="uplink")
    assert eventually(entry.exists)
    assert entry.get().detail["topic"] == theirs
    assert victim.ask(mqtt.PINGREQ) == mqtt.PingResp()


def test_of_a_repeated_mistake_ten_entries_a_minute_are_logged(
    client: MqttClient, device: Device
) -> None:
    client.send(mqtt.publish("/not/mine/at/all", b"") * 50)
    assert client.ask(mqtt.PINGREQ) == mqtt.PingResp()
    client.send(mqtt.DISCONNECT)
    assert eventually(lambda: offline_reasons() == ["device_disconnect"])
    assert LogEntry.objects.filter(reason="topic_denied").count() == 10


def test_at_most_100_messages_are_on_their_way_to_a_device(client: MqttClient, own: str) -> None:
    client.ask(mqtt.subscribe(1, [(f"{own}/update", 1)]))
    for number in range(1, 121):
        client.send(mqtt.publish(f"{own}/update", b"x", 1, number))
    answers = [client.receive() for _ in range(220)]
    delivered = [a.packet_id for a in answers if isinstance(a, mqtt.Publish)]
    assert delivered == list(range(1, 101))
    # What it acknowledges makes room.
    client.send(mqtt.puback(1) + mqtt.publish(f"{own}/update", b"y", 1, 200))
    answers = [client.receive(), client.receive()]
    assert mqtt.Publish(f"{own}/update", b"y", 1, 101) in answers


@pytest.mark.parametrize("tls", [True, False])
def test_a_message_of_256_kib_goes_through_and_a_longer_one_ends_the_session(
    listener: RunningListener, device: Device, own: str, tls: bool
) -> None:
    client = listener.online(signed_connect(device), tls=tls)
    client.ask(mqtt.subscribe(1, [(f"{own}/update", 0)]))
    largest = b"x" * mqtt.MAX_PAYLOAD
    assert client.ask(mqtt.publish(f"{own}/update", largest)) == mqtt.Publish(
        f"{own}/update", largest
    )
    client.send(b"\x30\xff\xff\xff\x7f")
    assert client.is_closed()


@pytest.mark.parametrize("tls", [True, False])
def test_a_device_that_does_not_read_is_cut_off_and_holds_no_memory(
    listener: RunningListener, device: Device, own: str, tls: bool
) -> None:
    client = listener.online(signed_connect(device), tls=tls)
    client.ask(mqtt.subscribe(1, [(f"{own}/update", 0)]))
    connection = only_connection(listener)
    client.socket.settimeout(0.2)
    # Up to 50 MB are sent back to a device that reads none of it.
    left = memoryview(mqtt.publish(f"{own}/update", b"x" * 100_000) * 500)
    while not connection.slow:
        assert left
        with suppress(TimeoutError):
            left = left[client.socket.send(left[:65536]) :]
    buffered = listener.do(connection._transport.get_write_buffer_size)  # type: ignore[union-attr]
    assert buffered < 1_000_000
    hub = listener.listener.hub
    assert connection.deadline <= listener.do(hub.now) + 10
    connection.deadline = 0.0
    assert eventually(lambda: offline_reasons() == ["connection_lost"])
    assert eventually(lambda: not hub.peers.connections)
