"""Live sessions end within a second of the act that forbids them; none slips in meanwhile."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import OperationalError
from django.utils import timezone

from devices.models import Revocation, Session
from devices.operations import sessions
from devices.operations.manage import clear, delete_device, set_enabled, switch
from logs.models import LogEntry
from mqtt.listener import periodic, server
from mqtt.listener.batcher import Batcher
from mqtt.listener.dispatch import Outcome, Request, perform
from operators.actor import SHELL
from protocol import mqtt
from tests.clients.connects import signed_connect, token_connect
from tests.clients.running import RunningListener, StartListener, eventually
from tests.factories import (
    connect_by_token,
    issued_client_id,
    make_device,
    make_product,
)

pytestmark = pytest.mark.django_db(transaction=True)


def offline_reasons() -> list[str]:
    return list(LogEntry.objects.filter(operation="offline").values_list("reason", flat=True))


@pytest.mark.parametrize("act", ["clear", "disable", "delete"])
@pytest.mark.parametrize("tls", [True, False])
def test_an_act_cuts_the_session(listener: RunningListener, act: str, tls: bool) -> None:
    device = make_device(make_product(), "lamp-0001")
    key = device.product.product_key
    acts: dict[str, Callable[[], object]] = {
        "clear": partial(clear, SHELL, key, "lamp-0001"),
        "disable": partial(set_enabled, SHELL, key, "lamp-0001", enabled=False),
        "delete": partial(delete_device, SHELL, key, "lamp-0001"),
    }
    client = listener.online(signed_connect(device), tls=tls)
    acts[act]()
    assert client.is_closed()
    assert eventually(lambda: offline_reasons() == [act])
    assert not Session.objects.filter(ended_at=None).exists()
    assert listener.attempt(signed_connect(device)) == 5


def test_it_takes_less_than_a_second(listener: RunningListener) -> None:
    """One of ten must: a machine that is busy with other tests keeps some waiting."""
    product = make_product()

    def seconds(name: str) -> float:
        client = listener.online(signed_connect(make_device(product, name)))
        clear(SHELL, product.product_key, name)
        since = time.monotonic()
        assert client.is_closed()
        return time.monotonic() - since

    assert periodic.POLL_SECONDS <= 0.5
    assert any(seconds(f"lamp-{number:04}") < 1 for number in range(10))


def test_switch_cuts_the_others_and_keeps_the_one(start_listener: StartListener) -> None:
    """Two listeners, because one device has one live session: the clone is on the other."""
    product = make_product()
    one, two = (issued_client_id(product, "sim-00001") for _ in range(2))
    listener = start_listener()
    clone = listener.online(token_connect(product, "sim-00001", two))
    switch(SHELL, product.product_key, "sim-00001", one.client_id)
    assert clone.is_closed()
    assert eventually(lambda: offline_reasons() == ["switch"])
    kept = listener.online(token_connect(product, "sim-00001", one))
    switch(SHELL, product.product_key, "sim-00001", one.client_id)
    # The next round has read that revocation when a later one has had its effect.
    other = make_device(product, "lamp-0001")
    bystander = listener.online(signed_connect(other))
    clear(SHELL, product.product_key, "lamp-0001")
    assert bystander.is_closed()
    assert kept.ask(mqtt.PINGREQ) == mqtt.PingResp()


def test_a_connection_elsewhere_kicks_the_session_here(start_listener: StartListener) -> None:
    device = make_device(make_product(), "lamp-0001")
    here, elsewhere = start_listener(), start_listener()
    older = here.online(signed_connect(device))
    newer = elsewhere.online(signed_connect(device))
    assert older.push().topic == "/ext/notify"
    assert older.is_closed()
    assert eventually(lambda: offline_reasons() == ["takeover"])
    # And back again: the earlier takeover must not be held against the newer session.
    back = here.online(signed_connect(device))
    assert newer.push().topic == "/ext/notify"
    assert newer.is_closed()
    assert back.ask(mqtt.PINGREQ) == mqtt.PingResp()
    assert Session.objects.filter(ended_at=None).count() == 1


def test_an_old_revocation_does_not_cut_a_new_session(listener: RunningListener) -> None:
    device = make_device(make_product(), "lamp-0001")
    key = device.product.product_key
    for _ in range(3):
        client = listener.online(signed_connect(device))
        set_enabled(SHELL, key, "lamp-0001", enabled=False)
        set_enabled(SHELL, key, "lamp-0001", enabled=True)
        # At once, while the listener may not have read the revocation yet.
        again = listener.online(signed_connect(device))
        client.close()
        listener.run(listener.listener.rounds.poll())
        assert again.ask(mqtt.PINGREQ) == mqtt.PingResp()
        again.leave()


class HeldBack:
    """Does what the batcher does, and answers only when told to `go_on`."""

    def __init__(self) -> None:
        self.committed, self.go_on = threading.Event(), threading.Event()

    def __call__(self, requests: Sequence[Request], now: datetime) -> Sequence[Outcome]:
        outcomes = perform(requests, now)
        self.committed.set()
        assert self.go_on.wait(10)
        return outcomes


def test_a_revocation_that_commits_while_a_connect_is_decided_wins(
    start_listener: StartListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The credential was good when it was checked, and forbidden before the device was told."""
    held_back = HeldBack()
    monkeypatch.setattr(server, "Batcher", partial(Batcher, run=held_back))
    product = make_product()
    issued = issued_client_id(product, "sim-00001")
    listener = start_listener()
    client = listener.client()
    client.send(token_connect(product, "sim-00001", issued))
    assert held_back.committed.wait(10)
    clear(SHELL, product.product_key, "sim-00001")
    listener.run(listener.listener.rounds.poll())
    held_back.go_on.set()
    assert client.connack() == 5
    assert client.is_closed()
    assert eventually(lambda: offline_reasons() == ["clear"])
    assert not Session.objects.filter(ended_at=None).exists()


def test_a_takeover_elsewhere_while_a_connect_is_decided_calls_no_credential_bad(
    start_listener: StartListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older of two is online and kicked, however little time it had."""
    held_back = HeldBack()
    elsewhere = start_listener()
    monkeypatch.setattr(server, "Batcher", partial(Batcher, run=held_back))
    here = start_listener()
    device = make_device(make_product(), "lamp-0001")
    older = here.client()
    older.send(signed_connect(device))
    assert held_back.committed.wait(10)
    newer = elsewhere.online(signed_connect(device))
    here.run(here.listener.rounds.poll())
    held_back.go_on.set()
    assert older.connack() == 0
    assert older.push().topic == "/ext/notify"
    assert older.is_closed()
    assert newer.ask(mqtt.PINGREQ) == mqtt.PingResp()
    assert eventually(lambda: offline_reasons() == ["takeover"])


def test_devices_that_connect_while_they_are_forbidden_end_up_outside(
    listener: RunningListener,
) -> None:
    product = make_product()
    devices = [make_device(product, f"lamp-{number:04}") for number in range(10)]
    clients = [listener.client(tls=False) for _ in devices]
    for client, device in zip(clients, devices, strict=True):
        client.send(signed_connect(device))
        clear(SHELL, product.product_key, device.device_name)
    for client in clients:
        packet = client.receive()
        assert packet == mqtt.ConnAck(5) or (packet == mqtt.ConnAck(0) and client.is_closed())
    assert eventually(lambda: not Session.objects.filter(ended_at=None).exists())


def test_the_sweep_cuts_a_session_whose_revocation_was_missed(listener: RunningListener) -> None:
    device = make_device(make_product(), "lamp-0001")
    client = listener.online(signed_connect(device))
    device.enabled = False
    device.save()
    listener.run(listener.listener.rounds.reconcile())
    assert client.is_closed()
    assert eventually(lambda: offline_reasons() == ["session_ended"])


def test_the_sweep_leaves_permitted_sessions_alone(listener: RunningListener) -> None:
    device = make_device(make_product(), "lamp-0001")
    client = listener.online(signed_connect(device))
    for _ in range(3):
        listener.run(listener.listener.rounds.reconcile())
    assert client.ask(mqtt.PINGREQ) == mqtt.PingResp()
    assert Session.objects.filter(ended_at=None).exists()


def test_a_session_whose_end_was_lost_is_ended_by_the_second_sweep(
    listener: RunningListener,
) -> None:
    product = make_product()
    issued = issued_client_id(product, "sim-00001")
    connect_by_token(product, "sim-00001", issued, listener=listener.listener.hub.listener)
    listener.run(listener.listener.rounds.reconcile())
    assert Session.objects.filter(ended_at=None).exists()
    listener.run(listener.listener.rounds.reconcile())
    assert not Session.objects.filter(ended_at=None).exists()
    assert offline_reasons() == ["connection_lost"]


def test_reading_goes_on_after_the_database_was_away(
    listener: RunningListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., list[Revocation]] = sessions.revocations_after
    failures = iter(range(3))
    recovered = threading.Event()

    def flaky(*args: object, **options: object) -> list[Revocation]:
        for _ in failures:
            raise OperationalError("away")
        recovered.set()
        return real(*args, **options)

    monkeypatch.setattr(sessions, "revocations_after", flaky)
    assert recovered.wait(10)
    device = make_device(make_product(), "lamp-0001")
    client = listener.online(signed_connect(device))
    clear(SHELL, device.product.product_key, "lamp-0001")
    assert client.is_closed()


def test_revocations_are_forgotten_an_hour_after_they_were_read(listener: RunningListener) -> None:
    """The writer's clock does not matter: another listener may not have read them yet."""
    long_ago = timezone.now() - timedelta(days=1)
    Revocation.objects.create(device_id=1, reason="clear", created_at=long_ago)
    listener.run(listener.listener.rounds.poll())
    for _ in range(periodic.KEEP_ROUNDS):
        listener.run(listener.listener.rounds.prune())
    assert Revocation.objects.count() == 1
    Revocation.objects.create(device_id=2, reason="clear", created_at=long_ago)
    listener.run(listener.listener.rounds.prune())
    assert [revocation.device_id for revocation in Revocation.objects.all()] == [2]
