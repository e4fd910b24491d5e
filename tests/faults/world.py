"""The processes of an installation: two listeners on hosts of their own, the console, PostgreSQL.

Each can be killed with SIGKILL, group and all, and started again on the same ports and data.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.ports import free_ports
from tests.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
LISTENER = ("manage.py", "mqtt_listener")

# Read by Django before there is a world: fixed keys that open nothing, and limits out of the way.
# A ClientID that never connected gives way after seconds, so that this happens, too.
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "iotconsole.settings",
    "SECRET_KEY": "faults only",
    "FIELD_KEYS": "bm90LWEtc2VjcmV0LW5vdC1hLXNlY3JldC1ub3QtYS0=",
    "CODE_DIGEST_KEY": "faults only too",
    "API_LIMITS": "*=0",
    "FAILURES_PER_ADDRESS": "1000000",
    "FAILURES_PER_PRODUCT": "1000000",
    "FAILURES_PER_DEVICE": "1000000",
    "UNCLAIMED_CLIENT_ID_SECONDS": "3",
    "WEB_CONCURRENCY": "1",
    "LOG_LEVEL": "WARNING",
    "MQTTS_HOST": "127.0.0.1",
    "MQTT_BEHIND_TLS_PROXY": "true",
    "PYTHONUNBUFFERED": "1",
}


class Victim(Protocol):
    """A process that can be killed, and is back when `start` returns."""

    @property
    def name(self) -> str: ...

    def kill(self) -> None: ...

    def start(self) -> None: ...


class Program:
    """`python COMMAND` in a session of its own; it serves once all its ports accept."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        ports: Sequence[int],
        log: Path,
    ) -> None:
        self.name = name
        self.ports = ports
        self._command = command
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def descriptors(self) -> int:
        """The highest that is open, and one: what a limit has to be for no more."""
        return 1 + max(int(file.name) for file in Path(f"/proc/{self.pid}/fd").iterdir())

    @property
    def output(self) -> str:
        """The text it has printed, unless its output goes elsewhere."""
        if self._log.is_fifo():
            return ""
        return self._log.read_text(errors="replace")

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not all(map(_accepts, self.ports)):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the {self.name} does not serve:\n{self.output}")
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 of the whole group: a console's workers go with it."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@dataclass(frozen=True)
class Database:
    """PostgreSQL, as something that is killed and started."""

    server: PostgresServer
    name: str = "PostgreSQL"

    def kill(self) -> None:
        self.server.kill()

    def start(self) -> None:
        self.server.restart()


@dataclass(frozen=True)
class World:
    """`listeners` serve both ports each, TLS first."""

    directory: Path
    listeners: Sequence[Program]
    console: Program
    database: Database | None

    @property
    def victims(self) -> Sequence[Victim]:
        return [*self.listeners, self.console, *([self.database] if self.database else [])]

    @property
    def ca_file(self) -> Path:
        return self.directory / "pki" / "ca.pem"


@contextlib.contextmanager
def prepared(database: str, directory: Path) -> Iterator[Database | None]:
    """Django set up in this process on an empty database with all tables; PostgreSQL if asked."""
    with contextlib.ExitStack() as stack:
        server = (
            stack.enter_context(PostgresServer(durable=True)) if database == "postgres" else None
        )
        url = server.url() if server else f"sqlite:///{directory / 'faults.sqlite3'}"
        os.environ |= {**SETTINGS, "DATA_DIR": str(directory), "DATABASE_URL": url}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("certificates", verbosity=0)
        yield Database(server) if server else None


@contextlib.contextmanager
def running(directory: Path, database: Database | None) -> Iterator[World]:
    """All of it, started; killed at the end."""
    listeners = [listener(directory, f"listener {number}") for number in (1, 2)]
    world = World(directory, listeners, _console(directory), database)
    programs = [*world.listeners, world.console]
    try:
        for program in programs:
            program.start()
        yield world
    finally:
        for program in programs:
            program.kill()


def listener(
    directory: Path,
    name: str = "listener",
    command: Sequence[str] = LISTENER,
    environment: Mapping[str, str] = os.environ,
) -> Program:
    """With a DATA_DIR of its own, as on another host: no lock tells who lives.

    `directory` has the certificates in `pki`.
    """
    home = directory / name.replace(" ", "-")
    shutil.copytree(directory / "pki", home / "pki")
    ports = free_ports(2)
    own = {"DATA_DIR": str(home), "MQTTS_PORT": str(ports[0]), "MQTT_PORT": str(ports[1])}
    return Program(name, command, {**environment, **own}, ports, home / "log")


def _console(directory: Path) -> Program:
    """As `manage.py serve` runs it."""
    from iotconsole.management.commands import serve

    port = free_ports(1)[0]
    command = [word.replace(":8000", f":{port}") for word in serve.console().command[1:]]
    own = {"CONSOLE_URL": f"http://localhost:{port}"}
    return Program("console", command, {**os.environ, **own}, [port], directory / "console.log")
