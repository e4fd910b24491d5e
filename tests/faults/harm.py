"""Ways to take something from a running listener, and to give it back."""

import contextlib
import resource
import sqlite3
from collections.abc import Callable, Iterator, Sequence

from django.db import connection

from tests.faults.world import Program
from tests.postgres import PostgresServer
from tests.threads import at_once

Harm = Callable[[], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def killed(server: PostgresServer) -> Iterator[None]:
    """Connections are refused."""
    server.kill()
    try:
        yield
    finally:
        server.restart()


@contextlib.contextmanager
def paused(server: PostgresServer) -> Iterator[None]:
    """Connections are accepted, and questions are never answered."""
    server.pause()
    try:
        yield
    finally:
        server.resume()


@contextlib.contextmanager
def locked(file: str) -> Iterator[None]:
    """Somebody else writes to SQLite's file and does not come to an end."""
    other = sqlite3.connect(file, isolation_level=None, timeout=60)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.close()


@contextlib.contextmanager
def no_room_for(programs: Sequence[Program]) -> Iterator[None]:
    """No file may grow: not SQLite's, and not the log on standard error."""
    before = [_limit(program, resource.RLIMIT_FSIZE, 0) for program in programs]
    try:
        yield
    finally:
        for program, limit in zip(programs, before, strict=True):
            _limit(program, resource.RLIMIT_FSIZE, limit)


@contextlib.contextmanager
def no_room_in_the_log() -> Iterator[None]:
    """As PostgreSQL answers when a table cannot grow: with its own error, to that statement."""
    _execute(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER no_room BEFORE INSERT ON logs_logentry "
        "FOR EACH STATEMENT EXECUTE FUNCTION no_room()",
    )
    try:
        yield
    finally:
        _execute("DROP FUNCTION no_room CASCADE")


def _execute(*statements: str) -> None:
    """In a thread, because the caller may be an event loop."""

    def run() -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    at_once(run)


@contextlib.contextmanager
def no_descriptors_for(program: Program, spare: int = 0) -> Iterator[None]:
    """It may open `spare` files more than it has."""
    before = _limit(program, resource.RLIMIT_NOFILE, program.descriptors() + spare)
    try:
        yield
    finally:
        _limit(program, resource.RLIMIT_NOFILE, before)


def _limit(program: Program, which: int, soft: int) -> int:
    """The soft limit alone, which whoever owns the process may raise again; returns the old one."""
    before, hard = resource.prlimit(program.pid, which)
    resource.prlimit(program.pid, which, (soft, hard))
    return before
