"""From SQLite to PostgreSQL: everything, at once, compared row by row."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import OperationalError, connection, connections
from django.db.utils import ConnectionHandler
from django.utils.translation import gettext_noop

from common.ops.env import database_settings
from common.ops.error_log import describe
from iotconsole.transfer import CopyError
from iotconsole.transfer.loader import Written, applied_migrations, fill, require_empty
from iotconsole.transfer.sequences import last_number
from iotconsole.transfer.tables import Digest, Row, Table
from operators.actor import SHELL
from operators.operations import audit

TARGET = "target"
# How long others may take to let go of the database.
_PATIENCE_MS = 2000


class _Here:
    """The database in use, as a source of rows."""

    def __init__(self) -> None:
        self._digest = Digest()

    def rows(self, table: Table) -> Iterator[Row]:
        self._digest = Digest()
        return self._digest.counting(table.rows("default"))

    def written(self, table: Table) -> Written:
        return Written(self._digest.count, self._digest.hex, last_number(table, "default"))


def move(url: str) -> Mapping[str, int]:
    """Copy all of SQLite's rows to the empty PostgreSQL database at `url`; returns rows by table.

    Nothing else may use SQLite meanwhile, or what it writes would be left behind. What was there
    stays there. Raises CopyError; the target is then as empty as before, and it may be tried again.
    """
    if connection.vendor != "sqlite":
        raise CopyError("DATABASE_URL does not name SQLite: there is nothing to move from.")
    target = database_settings(url, "--to")
    if target["ENGINE"].endswith("sqlite3"):
        raise CopyError("--to must be a PostgreSQL database: postgres://user:password@host/name.")
    with _reachable(target), _nobody_else():
        _require_free()
        _migrate(url)
        if applied_migrations() != applied_migrations(TARGET):
            raise CopyError("The tables here are of another version: `manage.py migrate` first.")
        return fill(_Here(), TARGET)


@contextlib.contextmanager
def _reachable(target: dict[str, Any]) -> Iterator[None]:
    """Known to Django as TARGET in the block."""
    connections.settings[TARGET] = ConnectionHandler({"default": target}).settings["default"]
    try:
        connections[TARGET].ensure_connection()
        yield
    except OperationalError as error:
        # Not its own words: they name the account.
        kind = describe(error)
        raise CopyError(f"The database cannot be reached, or went away ({kind}).") from None
    finally:
        connections[TARGET].close()
        del connections[TARGET], connections.settings[TARGET]


@contextlib.contextmanager
def _nobody_else() -> Iterator[None]:
    """Refuse while another process has SQLite open, and let none write until it is over."""
    _pragma(f"busy_timeout = {_PATIENCE_MS}")
    try:
        # Only who is alone may leave the mode in which readers and a writer work side by side.
        _pragma("journal_mode = DELETE")
    except AnyDatabaseError:
        raise CopyError(
            "SQLite is in use. Stop what runs (`make run`, listener, console, worker) first."
        ) from None
    try:
        with _writers_locked_out():
            yield
    finally:
        _pragma("journal_mode = WAL")


@contextlib.contextmanager
def _writers_locked_out() -> Iterator[None]:
    summary = gettext_noop("Started moving everything to another database")
    audit.record(SHELL, "installation.move", "", summary)
    # By hand: nothing is to be written, so nothing may be committed either.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")


def _pragma(text: str) -> None:
    with connection.cursor() as cursor:
        # To the end: an unread answer would hold a lock.
        cursor.execute(f"PRAGMA {text}").fetchall()


def _require_free() -> None:
    """Before anything is made there: it may be the database of something else."""
    names = connections[TARGET].introspection.table_names()
    if names and "django_migrations" not in names:
        raise CopyError("The database to fill holds tables of something else: nothing was changed.")
    require_empty(TARGET)


def _migrate(url: str) -> None:
    """In a process of its own: migrations that move data speak to the default database."""
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL_FILE"}
    made = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--no-input"],
        env={**environment, "DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CopyError(f"The tables could not be made: {reason}")
