"""Limits and faults of the machine under a running listener: files, descriptors, time."""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import ListenerProcess, Session
from logs.models import LogEntry
from mqtt.listener.states import CONNECT_WITHIN
from products.models import Product
from products.registration_window import Window
from protocol import mqtt
from protocol.client_id import RegistrationMode
from tests.clients.connects import registration_connect, signed_connect
from tests.clients.mqtt import MqttClient
from tests.factories import make_device, make_product, open_window
from tests.faults import harm
from tests.faults.conftest import StartListener
from tests.faults.world import Program
from tests.polling import eventually

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def ask(program: Program, connect: bytes) -> tuple[int, MqttClient]:
    client = MqttClient(program.ports[1])
    client.send(connect)
    return client.connack(), client


@contextlib.contextmanager
def online(program: Program, product: Product, name: str) -> Iterator[MqttClient]:
    code, client = ask(program, signed_connect(make_device(product, name), keepalive=300))
    with client:
        assert code == mqtt.CONNACK_ACCEPTED
        yield client


def registered(program: Program, product: Product, name: str) -> int:
    code, client = ask(program, registration_connect(product, name, RegistrationMode.REGNWL))
    client.close()
    return code


def alive(client: MqttClient) -> bool:
    return client.ask(mqtt.PINGREQ) == mqtt.PingResp()


# --- descriptors ----------------------------------------------------------------------------------


def test_without_descriptors_sessions_stay_and_newcomers_wait(begin: StartListener) -> None:
    product, program = make_product(), begin()
    with online(program, product, "lamp-0001") as stays:
        with harm.no_descriptors_for(program, spare=2):
            newcomers = [MqttClient(program.ports[1]) for _ in range(8)]
            for number, client in enumerate(newcomers):
                client.send(registration_connect(product, f"sim-{number:05}"))
            eventually(lambda: "cannot accept" in program.output)
            assert alive(stays)
            _lose_connections_to_the_database()
            assert alive(stays)
        # Those that waited are served now, each in its turn, whatever the first were told.
        codes = [client.connack() for client in newcomers]
        assert set(codes) <= {mqtt.CONNACK_ACCEPTED, mqtt.CONNACK_UNAVAILABLE}
        assert codes[-1] == mqtt.CONNACK_ACCEPTED
        for client in newcomers:
            client.close()
        eventually(lambda: registered(program, product, "sim-later") == 0, 20)
        assert alive(stays)


def _lose_connections_to_the_database() -> None:
    """PostgreSQL ends them all: each needs a descriptor to come back. SQLite's stay open."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


# --- the log --------------------------------------------------------------------------------------


@pytest.fixture
def unread(tmp_path: Path) -> Iterator[Path]:
    """A pipe in place of the listener's log, which nobody reads; `fill` it."""
    home = tmp_path / "listener"
    home.mkdir(mode=0o700)
    os.mkfifo(home / "log")
    reading = os.open(home / "log", os.O_RDONLY | os.O_NONBLOCK)
    yield home / "log"
    os.close(reading)


def fill(pipe: Path) -> None:
    writing = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 512)
    os.close(writing)


def test_a_log_that_nobody_reads_holds_nobody_up(begin: StartListener, unread: Path) -> None:
    product, program = make_product(), begin()
    with online(program, product, "lamp-0001") as stays:
        fill(unread)
        outage = (
            harm.no_room_for([program])
            if connection.vendor == "sqlite"
            else harm.no_room_in_the_log()
        )
        with outage:
            since = monotonic()
            # Each of these writes to the log.
            assert registered(program, product, "sim-00001") == mqtt.CONNACK_UNAVAILABLE
            assert monotonic() - since < CONNECT_WITHIN
            assert alive(stays)
        eventually(lambda: registered(program, product, "sim-00001") == 0, 20)
        assert alive(stays)
        os.kill(program.pid, signal.SIGTERM)
        assert stays.is_closed()
        eventually(lambda: not _listens(program), 20)
        eventually(lambda: not ListenerProcess.objects.exists(), 20)


def _listens(program: Program) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", program.ports[1]), 1):
        return True
    return False


# --- the clock ------------------------------------------------------------------------------------


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """The file with the offset of the listener's wall clock."""
    if FAKETIME is None:
        pytest.skip("needs libfaketime (Debian: apt install faketime)")
    file = tmp_path / "clock"
    file.write_text("+0")
    return file


def put(clock: Path, off: str) -> None:
    """In one step: the listener reads the file at any moment."""
    new = clock.with_suffix(".new")
    new.write_text(off)
    new.replace(clock)


def wrong(clock: Path) -> dict[str, str]:
    """Environment of a process with that wall clock. Its monotonic one is right, as it would be."""
    return {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def test_a_clock_that_jumps_ends_no_session_and_buries_nobody(
    begin: StartListener, clock: Path
) -> None:
    product = make_product()
    jumping, right = begin("jumping", **wrong(clock)), begin("right")
    with online(jumping, product, "lamp-0001") as one, online(right, product, "lamp-0002") as two:
        processes = set(ListenerProcess.objects.values_list("pk", flat=True))
        # An hour ahead, then a day behind.
        for number, off in enumerate(("+3600", "-86400")):
            put(clock, off)
            # Meanwhile both look for the dead, twice as often.
            _beat()
            assert alive(one)
            assert alive(two)
            for program in (jumping, right):
                name = f"sim-{program.name}-{number}"
                assert registered(program, product, name) == mqtt.CONNACK_ACCEPTED
        assert set(ListenerProcess.objects.values_list("pk", flat=True)) == processes
        assert Session.objects.filter(ended_at=None).count() == 2
        assert not LogEntry.objects.filter(operation="offline").exists()


def _beat() -> None:
    """Until each listener has said once more that it lives."""
    before = dict(ListenerProcess.objects.values_list("pk", "heartbeat_at"))

    def said() -> bool:
        now = dict(ListenerProcess.objects.values_list("pk", "heartbeat_at"))
        return all(now[key] != heartbeat for key, heartbeat in before.items())

    eventually(said)


def test_a_window_is_open_by_the_clock_of_whoever_is_asked(
    begin: StartListener, clock: Path
) -> None:
    """Refused by a listener that thinks it is over, and let in again when its clock is right."""
    until = timezone.now() + timedelta(minutes=30)
    product = open_window(make_product(open_registration=False), Window(until=until))
    program = begin("jumping", **wrong(clock))
    assert registered(program, product, "sim-00001") == mqtt.CONNACK_ACCEPTED
    put(clock, "+3600")
    assert registered(program, product, "sim-00002") == mqtt.CONNACK_CREDENTIALS
    assert LogEntry.objects.filter(reason="window_closed").exists()
    put(clock, "+0")
    assert registered(program, product, "sim-00002") == mqtt.CONNACK_ACCEPTED
