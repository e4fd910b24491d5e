"""Living and dead listeners: heartbeats, locks, and what becomes of sessions."""

import os
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import ListenerProcess, Session
from devices.operations.sessions import bury_listener, heartbeat, start_listener
from devices.pseudo_listeners import LISTENER_OF
from logs.models import LogEntry
from mqtt.listener import liveness
from mqtt.listener.heartbeats import Watch
from mqtt.listener.liveness import LockFile, Presence
from protocol import mqtt
from tests.clients.connects import signed_connect
from tests.clients.running import RunningListener, eventually
from tests.factories import connect_by_secret, make_device, make_product

pytestmark = pytest.mark.django_db(transaction=True)


def online() -> int:
    return Session.objects.filter(ended_at=None).count()


class Clock:
    """The monotonic one of whoever looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(liveness, "Watch", partial(Watch, clock=clock))
    return clock


def bury_for(seconds: float, looking: Presence, clock: Clock, *living: UUID) -> int:
    """Look for the dead all the time, while the living go on saying so."""
    ended = 0
    for _ in range(round(seconds / liveness.BURY_SECONDS)):
        clock.now += liveness.BURY_SECONDS
        for listener in living:
            assert heartbeat(listener)
        assert looking.beat()
        ended += looking.bury()
    return ended


def test_a_silent_listener_is_buried_with_its_sessions(tmp_path: Path, clock: Clock) -> None:
    silent, living = uuid4(), uuid4()
    product = make_product()
    for listener, name in ((silent, "lamp-0001"), (living, "lamp-0002")):
        start_listener(listener, "elsewhere", 1, timezone.now())
        connect_by_secret(make_device(product, name), listener=listener)
    looking = Presence(uuid4(), tmp_path)
    looking.announce()
    assert bury_for(20, looking, clock, living) == 0
    assert bury_for(2.5, looking, clock, living) == 1
    looking.release()
    assert not ListenerProcess.objects.filter(pk=silent).exists()
    assert Session.objects.get(ended_at=None).listener == living
    assert LogEntry.objects.get(operation="offline").reason == "server_lost"


def test_nobody_is_buried_for_what_his_clock_says(tmp_path: Path, clock: Clock) -> None:
    """Neither one a day behind nor one a day ahead, as long as it says something new."""
    behind, ahead = uuid4(), uuid4()
    for listener in (behind, ahead):
        start_listener(listener, "elsewhere", 1, timezone.now())
        connect_by_secret(make_device(make_product(), "lamp-0001"), listener=listener)
    looking = Presence(uuid4(), tmp_path)
    looking.announce()
    for turn in range(20):
        clock.now += liveness.BURY_SECONDS
        assert looking.beat()
        for listener, off in ((behind, -1), (ahead, 1)):
            said = timezone.now() + timedelta(days=off, microseconds=turn)
            ListenerProcess.objects.filter(pk=listener).update(heartbeat_at=said)
        assert looking.bury() == 0
    looking.release()
    assert online() == 2


def test_after_an_outage_everybody_has_his_time_again(tmp_path: Path, clock: Clock) -> None:
    """No heartbeat could be written for a minute, so that all are old."""
    listener = uuid4()
    start_listener(listener, "elsewhere", 1, timezone.now() - timedelta(seconds=60))
    connect_by_secret(make_device(make_product()), listener=listener)
    looking = Presence(uuid4(), tmp_path)
    looking.announce()
    looking.bury()
    clock.now += 60
    assert looking.bury() == 0
    assert bury_for(40, looking, clock, listener) == 0
    looking.release()


def test_while_nobody_can_write_nobody_is_dead(tmp_path: Path, clock: Clock) -> None:
    """A full disk, or a standby: heartbeats can be read, and are all the same."""
    listener = uuid4()
    start_listener(listener, "elsewhere", 1, timezone.now())
    connect_by_secret(make_device(make_product()), listener=listener)
    looking = Presence(uuid4(), tmp_path)
    looking.announce()
    for _ in range(24):
        clock.now += liveness.BURY_SECONDS
        assert looking.bury() == 0
    # There is room again, and this one is the first to say so.
    assert bury_for(5, looking, clock) == 0
    assert bury_for(40, looking, clock, listener) == 0
    looking.release()


def test_sessions_of_a_listener_that_nobody_announced_are_ended(tmp_path: Path) -> None:
    """Committed by the database after their listener had been killed and buried."""
    connect_by_secret(make_device(make_product()), listener=uuid4())
    looking = Presence(uuid4(), tmp_path)
    looking.announce()
    assert online() == 0
    assert LogEntry.objects.get(operation="offline").reason == "server_lost"
    looking.release()


def test_a_broker_is_announced_by_nobody_and_keeps_its_sessions(tmp_path: Path) -> None:
    for listener in LISTENER_OF.values():
        connect_by_secret(make_device(make_product(), "lamp-0001"), listener=listener)
    looking = Presence(uuid4(), tmp_path)
    assert looking.bury_unannounced() == 0
    assert online() == len(LISTENER_OF)
    looking.release()


def test_a_listener_whose_lock_is_free_is_dead_however_fresh_its_heartbeat(tmp_path: Path) -> None:
    dead = uuid4()
    os.close(LockFile(tmp_path, dead)._descriptor)  # as the kernel does
    looking = Presence(uuid4(), tmp_path)
    start_listener(dead, "here", 1, timezone.now())
    connect_by_secret(make_device(make_product()), listener=dead)
    assert looking.bury() == 1
    assert not (tmp_path / f"{dead}.lock").exists()
    assert online() == 0
    looking.release()


def test_a_living_neighbour_is_left_alone(tmp_path: Path) -> None:
    neighbour, looking = Presence(uuid4(), tmp_path), Presence(uuid4(), tmp_path)
    neighbour.announce()
    connect_by_secret(make_device(make_product()), listener=neighbour.listener)
    assert looking.bury() == 0
    assert online() == 1
    neighbour.release()
    looking.release()


def test_files_that_are_no_locks_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "notes.lock").write_text("")
    looking = Presence(uuid4(), tmp_path)
    assert looking.bury() == 0
    looking.release()


def test_leaving_ends_the_sessions_and_the_row(tmp_path: Path) -> None:
    looking = Presence(uuid4(), tmp_path)
    looking.announce()
    connect_by_secret(make_device(make_product()), listener=looking.listener)
    assert looking.leave() == 1
    looking.release()
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
