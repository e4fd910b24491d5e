"""`/healthz` and `/readyz`."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from django.utils import timezone

from common.ops.periodic_tasks import periodic_tasks
from common.web.machine_requests import ONLY_MACHINES
from devices.models import ListenerProcess
from iotconsole import health
from jobs.models import Round
from tests.factories import make_product

NOW = timezone.now


def asked(client: Client, query: str = "") -> tuple[int, dict[str, Any]]:
    response = client.get(health.READY + query)
    return response.status_code, response.json()


def rounds_due(seconds: float, **more: Any) -> None:
    due = NOW() + timedelta(seconds=seconds)
    for entry in periodic_tasks():
        Round.objects.update_or_create(name=entry.name, defaults={"due_at": due, **more})


def heartbeat(seconds_ago: float) -> None:
    now = NOW()
    ListenerProcess.objects.create(
        id=uuid4(),
        host="h",
        pid=1,
        started_at=now,
        heartbeat_at=now - timedelta(seconds=seconds_ago),
    )


@override_settings(ALLOWED_HOSTS=["console.example"], SECURE_SSL_REDIRECT=True)
def test_who_lives_says_so_without_a_database_under_any_name(client: Client) -> None:
    response = client.get(health.ALIVE, headers={"Host": "10.0.0.7:8000"})
    assert (response.status_code, response.content) == (HTTPStatus.OK, b"ok\n")
    assert not response.cookies


@pytest.mark.parametrize("path", [health.ALIVE, health.READY])
def test_they_are_only_asked(client: Client, path: str) -> None:
    assert client.post(path).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_the_port_of_the_devices_tells_only_that_it_lives() -> None:
    there: dict[str, Any] = {ONLY_MACHINES: True}
    devices = Client(**there)
    assert devices.get(health.ALIVE).status_code == HTTPStatus.OK
    assert devices.get(health.READY).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.django_db
def test_all_is_well(client: Client) -> None:
    rounds_due(5)
    heartbeat(3)
    status, said = asked(client, "?worker&listener")
    fine = dict.fromkeys(("database", "migrations", "keys", "worker", "listener"), "ok")
    assert (status, said) == (HTTPStatus.OK, {"ready": True, **fine})


@pytest.mark.django_db
def test_a_console_without_worker_and_listener_serves_and_says_so(client: Client) -> None:
    status, said = asked(client)
    assert (status, said["worker"], said["listener"]) == (HTTPStatus.OK, "never ran", "none")
    for query in ("?worker", "?listener"):
        status, said = asked(client, query)
        assert (status, said["ready"]) == (HTTPStatus.SERVICE_UNAVAILABLE, False)


@pytest.mark.django_db
def test_a_worker_is_missed_after_a_while(client: Client) -> None:
    rounds_due(-70)
    assert asked(client)[1]["worker"] == "late"
    rounds_due(-70, lease_until=NOW() + timedelta(seconds=5))
    assert asked(client)[1]["worker"] == "ok"
    rounds_due(-5, lease_until=None)
    Round.objects.create(name="of an older version", due_at=NOW() - timedelta(days=9))
    assert asked(client)[1]["worker"] == "ok"


@pytest.mark.django_db
def test_a_listener_is_missed_after_a_while(client: Client) -> None:
    heartbeat(30)
    assert asked(client)[1]["listener"] == "none"


@pytest.mark.django_db
def test_a_database_that_lacks_a_migration_is_not_ready(client: Client) -> None:
    app, name = max(health.known_migrations())
    MigrationRecorder(connection).record_unapplied(app, name)
    status, said = asked(client)
    assert (status, said["migrations"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "pending")


def test_a_database_that_is_away_is_said_without_its_words(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("password of sesame")

    monkeypatch.setattr(health, "_be_quick", away)
    response = client.get(health.READY)
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json()["database"] == "away"
    assert b"sesame" not in response.content


@pytest.mark.django_db(transaction=True)
def test_asking_leaves_no_time_limit_behind(client: Client) -> None:
    assert asked(client)[0] == HTTPStatus.OK
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)


@pytest.mark.django_db
def test_a_process_that_cannot_read_what_others_write_is_sent_no_requests(
    client: Client, settings: LazySettings
) -> None:
    own = settings.FIELD_KEYS
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *own]
    make_product()
    assert asked(client)[1]["keys"] == "ok"
    settings.FIELD_KEYS = own
    status, said = asked(client)
    assert (status, said["keys"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "missing")
