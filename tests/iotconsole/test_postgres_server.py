"""The PostgreSQL that tests start: private while it runs, and gone afterwards."""

import os
import select
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PostgresServer

HOLD = """
import sys
from tests.postgres import PostgresServer
with PostgresServer() as server:
    print(server.directory, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(("durable", "fsync"), [(False, "off"), (True, "on")])
def test_it_waits_for_the_disk_only_when_asked_to(durable: bool, fsync: str) -> None:
    with (
        PostgresServer(durable=durable) as server,
        psycopg.connect(host=str(server.directory), user="postgres") as connection,
    ):
        row = connection.execute("SHOW fsync").fetchone()
        assert row == (fsync,)
        assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
    assert not server.directory.exists()


def test_a_failing_test_run_stops_it_too() -> None:
    def fail() -> None:
        with PostgresServer() as server:
            directories.append(server.directory)
            raise RuntimeError("the tests broke off")

    directories: list[os.PathLike[str]] = []
    with pytest.raises(RuntimeError, match="broke off"):
        fail()
    assert not os.path.lexists(directories[0])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of a killed parent")
def test_a_killed_test_run_takes_it_along() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        directory = Path(run.stdout.readline().strip())
        pid = (directory / "data" / "postmaster.pid").read_text().split()[0]
        server = os.pidfd_open(int(pid))
        try:
            run.send_signal(signal.SIGKILL)
            # Readable once the process has ended.
            assert select.select([server], [], [], 90)[0]
        finally:
            os.close(server)
            shutil.rmtree(directory)


def test_killed_and_restarted_it_has_what_was_committed() -> None:
    with PostgresServer(durable=True) as server:
        host = str(server.directory)
        with psycopg.connect(host=host, user="postgres", autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (number int)")
            connection.execute("INSERT INTO kept VALUES (1)")
            server.kill()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        server.restart()
        with psycopg.connect(host=host, user="postgres") as connection:
            assert connection.execute("SELECT number FROM kept").fetchall() == [(1,)]


def test_paused_it_answers_nobody_until_it_is_resumed() -> None:
    with PostgresServer() as server:
        asking = psycopg.connect(host=str(server.directory), user="postgres")
        server.pause()
        asking.pgconn.send_query(b"SELECT 1")
        assert not select.select([asking.pgconn.socket], [], [], 0.5)[0]
        server.resume()
        assert select.select([asking.pgconn.socket], [], [], 90)[0]
        asking.close()
        server.pause()  # and even so it stops with the test
