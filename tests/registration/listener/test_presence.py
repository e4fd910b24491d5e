"""Living and dead listeners: heartbeats, locks, and what becomes of sessions."""

import os
import threading
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import ListenerProcess, LogEntry, Session
from devices.operations.sessions import bury_listener, start_listener
from devices.protocol import mqtt
from registration.listener.presence import LockFile, Presence
from tests.clients.connects import signed_connect
from tests.clients.running import RunningListener, eventually
from tests.factories import connect_by_secret, make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)


def online() -> int:
    return Session.objects.filter(ended_at=None).count()


def test_a_silent_listener_is_buried_with_its_sessions(tmp_path: Path) -> None:
    silent, living = uuid4(), uuid4()
    start_listener(silent, "elsewhere", 1, timezone.now() - timedelta(seconds=21))
    start_listener(living, "elsewhere", 2, timezone.now() - timedelta(seconds=19))
    product = make_product()
    for listener, name in ((silent, "lamp-0001"), (living, "lamp-0002")):
        connect_by_secret(make_device(product, name), listener=listener)
    presence = Presence(uuid4(), tmp_path)
    presence.announce()
    presence.release()
    assert not ListenerProcess.objects.filter(pk=silent).exists()
    assert Session.objects.get(ended_at=None).listener == living
    assert LogEntry.objects.get(operation="offline").reason == "server_lost"


def test_a_listener_whose_lock_is_free_is_dead_however_fresh_its_heartbeat(tmp_path: Path) -> None:
    dead = uuid4()
    os.close(LockFile(tmp_path, dead)._descriptor)  # as the kernel does
    presence = Presence(uuid4(), tmp_path)
    start_listener(dead, "here", 1, timezone.now())
    connect_by_secret(make_device(make_product()), listener=dead)
    assert presence.bury() == 1
    assert not (tmp_path / f"{dead}.lock").exists()
    assert online() == 0
    presence.release()


def test_a_living_neighbour_is_left_alone(tmp_path: Path) -> None:
    neighbour, presence = Presence(uuid4(), tmp_path), Presence(uuid4(), tmp_path)
    neighbour.announce()
    connect_by_secret(make_device(make_product()), listener=neighbour.listener)
    assert presence.bury() == 0
    assert online() == 1
    neighbour.release()
    presence.release()


def test_files_that_are_no_locks_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "notes.lock").write_text("")
    presence = Presence(uuid4(), tmp_path)
    assert presence.bury() == 0
    presence.release()


def test_leaving_ends_the_sessions_and_the_row(tmp_path: Path) -> None:
    presence = Presence(uuid4(), tmp_path)
    presence.announce()
    connect_by_secret(make_device(make_product()), listener=presence.listener)
    assert presence.leave() == 1
    presence.release()
    assert online() == 0
    assert not ListenerProcess.objects.exists()
    assert not list(tmp_path.iterdir())


def test_listeners_that_bury_the_same_one_at_once_end_each_session_once(tmp_path: Path) -> None:
    dead = uuid4()
    product = make_product()
    for number in range(30):
        connect_by_secret(make_device(product, f"lamp-{number:04}"), listener=dead)
    now, ended = timezone.now(), []

    def bury() -> None:
        ended.append(bury_listener(dead, now))
        connection.close()

    threads = [threading.Thread(target=bury) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(ended) == 30
    assert LogEntry.objects.filter(reason="server_lost").count() == 30


def test_a_listener_taken_for_dead_reappears_and_closes_what_was_ended(
    listener: RunningListener,
) -> None:
    device = make_device(make_product(), "lamp-0001")
    client = listener.online(signed_connect(device))
    uuid = listener.listener.hub.listener
    bury_listener(uuid, timezone.now())
    listener.run(listener.listener.rounds.beat())
    assert client.is_closed()
    assert ListenerProcess.objects.filter(pk=uuid).exists()
    again = listener.online(signed_connect(device))
    listener.run(listener.listener.rounds.beat())
    assert again.ask(mqtt.PINGREQ) == mqtt.PingResp()
    assert eventually(lambda: online() == 1)
