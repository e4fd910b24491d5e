"""`manage.py move_database`: from SQLite to PostgreSQL, all of it or nothing."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from devices.models import Device
from logs.models import LogEntry
from tests.iotconsole.transfer.world import World, make_world
from tests.postgres import PostgresServer
from tests.processes import run_command
from tests.shell import failure

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

UNREACHABLE = "postgres://u:hidden@127.0.0.1:1/x"
Move = Callable[[], dict[str, Any]]


@pytest.fixture
def target(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a database without tables."""
    name = f"target_{uuid4().hex}"
    with psycopg.connect(postgres_server.url(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield postgres_server.url(name)
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source.sqlite3"


@pytest.fixture
def environment(process_environment: dict[str, str], source: Path) -> dict[str, str]:
    own = {"DJANGO_SETTINGS_MODULE": "iotconsole.settings", "DATABASE_URL": f"sqlite:///{source}"}
    return {**process_environment, **own}


def renew(source: Path) -> None:
    """As the tests' database is now. That itself may still be open in some thread of theirs."""
    connection.ensure_connection()
    with closing(sqlite3.connect(source)) as copy:
        connection.connection.backup(copy)


@pytest.fixture
def move(environment: dict[str, str], source: Path, target: str) -> Move:
    """Runs the command by itself, as it must be; what it answers."""

    def run() -> dict[str, Any]:
        renew(source)
        done = run_command("move_database", "--to", target, "--json", environment=environment)
        told: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == ("error" in told), done.stderr
        return told

    return run


def one(target: str, query: Any) -> Any:
    with psycopg.connect(target) as server:
        row = server.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_what_broke_off_left_nothing_then_all_arrives_and_goes_on(
    target: str, environment: dict[str, str], source: Path, move: Move
) -> None:
    world = make_world()
    # SQLite takes it, PostgreSQL does not.
    LogEntry.objects.create(at="2026-11-23T00:00:00Z", trace_id="nul", device_name="secret\0")
    refused = move()["error"]
    assert "logs_logentry, rows 1 to" in refused
    assert "secret" not in refused
    assert one(target, "SELECT count(*) FROM products_product") == 0

    LogEntry.objects.filter(trace_id="nul").delete()
    assert move()["rows"]["devices_device"] == 2
    shown = run_command(
        "shell", "-v0", "-c", going_on(world), environment={**environment, "DATABASE_URL": target}
    )
    number = str(Device.objects.latest("pk").pk + 1)
    said = [world.device.device_secret, number, "3", "None"]
    assert shown.stdout.split() == said, shown.stderr

    assert "not empty" in move()["error"]
    # What was there is there still, and in its mode of work.
    with closing(sqlite3.connect(source)) as here:
        assert here.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        kept = here.execute("SELECT count(*) FROM logs_logentry WHERE trace_id = 't'")
        assert kept.fetchone()[0]


def going_on(world: World) -> str:
    """Adds a device, in the new installation."""
    key = world.product.product_key
    return f"""
from devices.models import Device
from devices.operations.add import add_device
from devices.device_state import totals
from operators.actor import SHELL
from operators.audit_verify import verify
print(Device.objects.get(pk={world.device.pk}).device_secret)
print(add_device(SHELL, "{key}", "lamp-0003").pk, totals("{key}").total, verify().broken)
"""


def test_while_another_process_has_it_open_nothing_happens(
    target: str, source: Path, move: Move
) -> None:
    make_world()
    renew(source)
    with closing(sqlite3.connect(source)) as other:
        other.execute("SELECT count(*) FROM products_product").fetchone()
        assert "in use" in move()["error"]
    assert one(target, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_tables_of_something_else_are_left_alone(target: str, move: Move) -> None:
    with psycopg.connect(target) as server:
        server.execute("CREATE TABLE theirs (id int)")
    assert "something else" in move()["error"]
    assert one(target, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1


@pytest.mark.parametrize("url", ["", "mysql://u:hidden@x/y", "sqlite:////tmp/other.sqlite3"])
def test_a_wrong_address_is_refused_without_being_shown(url: str) -> None:
    told = failure("move_database", "--to", url)["error"]
    assert "--to" in told
    assert "hidden" not in told


def test_an_address_in_a_file_is_read_and_not_shown(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "url").write_text(f"{UNREACHABLE}\n")
    in_file = {"TARGET_DATABASE_URL_FILE": str(tmp_path / "url")}
    done = run_command("move_database", environment={**environment, **in_file})
    assert "cannot be reached" in done.stderr
    assert "hidden" not in done.stderr
    assert done.returncode == 1
