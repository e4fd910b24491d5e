"""A whole site on loopback: everything deploy/ describes, with addresses and paths of its own.

Debian's HAProxy, RabbitMQ and PostgreSQL run the files of deploy/ as they are; our own programs
are started with the commands that stand in the systemd units.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import psycopg
import requests
from django.conf import settings

from tests.deploy.broker import PASSWORD as BROKER_PASSWORD
from tests.deploy.broker import USER as BROKER_USER
from tests.deploy.broker import RabbitMq
from tests.deploy.daemons import Daemon
from tests.deploy.programs import HAPROXY, postgres_binaries, program
from tests.deploy.units import DEPLOY, SYSTEMD, assignments, command_of, environment_of
from tests.polling import eventually
from tests.ports import free_port, free_ports
from tests.postgres import PostgresServer
from tests.processes import wait_for_port

HAPROXY_FILE = DEPLOY / "haproxy" / "20-iotconsole.cfg"
WEBHOOK_SECRET = "a-secret-for-the-webhooks"
# Low enough for a test to get there, and for no other to.
MAX_FROM_ONE, MAX_NO_MQTT = 30, 30
PREPARE_SECONDS = 120


class Site:
    """Use it in a `with`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data_dir = directory / "data"
        self._stack = ExitStack()
        names = ("mqtts", "https", "console", "webhooks", "metrics", "pages", "machines")
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))

    def __enter__(self) -> Self:
        with ExitStack() as started:
            self._stack = started
            self._start()
            self._stack = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # --- What the tests ask -----------------------------------------------------------------
    @property
    def ca_file(self) -> Path:
        return self.data_dir / "pki" / "ca.pem"

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Query the database and return its rows."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def logged(self, device_name: str, operation: str) -> list[tuple[str, str]]:
        """Reason and address of what the Log Service has of one device, the oldest first."""
        query = (
            "SELECT reason, host(address) FROM logs_logentry"
            " WHERE device_name = %s AND operation = %s ORDER BY id"
        )
        return [(reason, address) for reason, address in self.rows(query, device_name, operation)]

    def is_up(self, backend: str, server: str) -> bool:
        """Whether HAProxy has found it so."""
        url = f"http://127.0.0.1:{self.ports['metrics']}/;csv"
        with requests.Session() as session:
            session.trust_env = False
            table = session.get(url, timeout=30).text
        rows = csv.DictReader(table.removeprefix("# ").splitlines())
        found = {(row["pxname"], row["svname"]): row for row in rows}[backend, server]
        return found["status"] == "UP" and found["check_status"].startswith("L")

    # --- Building it ------------------------------------------------------------------------
    def _start(self) -> None:
        program(HAPROXY)
        binaries = postgres_binaries()
        (self.directory / "rabbitmq").mkdir()
        webhooks = f"127.0.0.1:{self.ports['webhooks']}"
        self.broker = RabbitMq(self.directory / "rabbitmq", webhooks, WEBHOOK_SECRET)
        self._stack.callback(self.broker.close)
        self.broker.start()
        server = self._stack.enter_context(PostgresServer(binaries=binaries))
        self._dsn = f"host={server.directory} user=postgres dbname=postgres"
        self.environment = self._settings(server.url())
        self._prepare()
        self.pages = self._unit("console")
        self.machines = self._unit("machines")
        self.worker = self._unit("worker")
        self.listener_ports = free_ports(2)
        self.listeners = [self._listener(port) for port in self.listener_ports]
        self._wait_for_ours()
        self.broker.wait()
        self.haproxy = self._haproxy()
        for name in ("mqtts", "https", "console", "webhooks"):
            wait_for_port(self.ports[name], self.haproxy)

    def _settings(self, database_url: str) -> dict[str, str]:
        """deploy/systemd/iotconsole.env, with addresses, paths and secrets of this site."""
        own = {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(self.data_dir),
            "PUBLIC_HOST": "localhost",
            "CONSOLE_URL": f"https://localhost:{self.ports['console']}",
            "MQTT_HOST": "127.0.0.1",
            "MQTT_PROXY_NETWORKS": "127.0.0.0/8",
            "RABBITMQ_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "BROKER_WEBHOOK_NETWORKS": "127.0.0.0/8",
            "RABBITMQ_MANAGEMENT_URL": f"http://127.0.0.1:{self.broker.management_port}",
            "RABBITMQ_MANAGEMENT_USER": BROKER_USER,
            "RABBITMQ_MANAGEMENT_PASSWORD": BROKER_PASSWORD,
            "SMS_BACKEND": "console",
            "METRICS_PORT": "0",
            "LOG_FORMAT": "line",
            "HTTP_PORT": str(self.ports["pages"]),
            "MACHINES_BIND": f"127.0.0.1:{self.ports['machines']}",
            "WEB_CONCURRENCY": "1",
            "LISTENER_WORKERS": "1",
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
        }
        return {**assignments(SYSTEMD / "iotconsole.env"), **own}

    def _prepare(self) -> None:
        unit = SYSTEMD / "iotconsole-prepare.service"
        environment = environment_of(unit) | self.environment
        for step in ("ExecStartPre", "ExecStart"):
            self._run(command_of(unit, environment, step), environment)
        seed = self._run([sys.executable, "-m", "tests.deploy.seed"], environment)
        self.seeded = json.loads(seed)

    def _run(self, command: Sequence[str], environment: Mapping[str, str]) -> str:
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PREPARE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _unit(self, name: str, log: str = "", **own: str) -> Daemon:
        unit = SYSTEMD / f"iotconsole-{name}.service"
        environment = environment_of(unit) | self.environment | own
        command = command_of(unit, environment)
        daemon = Daemon(
            command, environment, self.directory / f"{log or name}.log", settings.BASE_DIR
        )
        self._stack.callback(daemon.close)
        return daemon

    def _listener(self, port: int) -> Daemon:
        ports = {"MQTT_PORT": str(port), "MQTTS_PORT": str(free_port())}
        return self._unit("listener", f"listener-{port}", **ports)

    def restart_listener(self, number: int) -> None:
        """One that has ended, on the same port."""
        port = self.listener_ports[number]
        self.listeners[number] = self._listener(port)
        wait_for_port(port, self.listeners[number])

    def restart_machines(self) -> None:
        """After they have been stopped."""
        self.machines = self._unit("machines")
        wait_for_port(self.ports["machines"], self.machines)
        eventually(lambda: self.is_up("machines", "machines1"))

    def _wait_for_ours(self) -> None:
        wait_for_port(self.ports["pages"], self.pages)
        wait_for_port(self.ports["machines"], self.machines)
        for port, listener in zip(self.listener_ports, self.listeners, strict=True):
            wait_for_port(port, listener)
        self.worker.wait_for_output("working")

    def _haproxy(self) -> Daemon:
        daemon = Daemon(
            [str(program(HAPROXY)), "-db", "-f", str(HAPROXY_FILE)],
            self.proxy_environment(),
            self.directory / "haproxy.log",
            self.directory,
        )
        self._stack.callback(daemon.close)
        return daemon

    def proxy_environment(self) -> dict[str, str]:
        """The settings an operator writes into /etc/default/haproxy. One of the brokers is away."""
        at_listeners = self.directory / "products-at-listeners.lst"
        at_listeners.write_text(self.seeded["kept"]["product_key"] + "\n")
        rsa, ecdsa = (self.data_dir / "pki" / f"server-{kind}.pem" for kind in ("rsa", "ecdsa"))
        own = {
            "LISTENER_1": f"127.0.0.1:{self.listener_ports[0]}",
            "LISTENER_2": f"127.0.0.1:{self.listener_ports[1]}",
            "RABBITMQ_1": f"127.0.0.1:{self.broker.mqtt_port}",
            "RABBITMQ_2": f"127.0.0.1:{free_port()}",
            "CONSOLE_1": f"127.0.0.1:{self.ports['pages']}",
            "MACHINES_1": f"127.0.0.1:{self.ports['machines']}",
            "DEVICES_RSA": str(rsa),
            "DEVICES_ECDSA": str(ecdsa),
            "CONSOLE_RSA": str(rsa),
            "CONSOLE_ECDSA": str(ecdsa),
            "AT_LISTENERS": str(at_listeners),
            "BROKER_NETWORKS": "127.0.0.1 ::1",
            "BACKEND_NETWORKS": "127.0.0.1 ::1",
            "MAXCONN": "1000",
            "MAX_FROM_ONE": str(MAX_FROM_ONE),
            "MAX_NO_MQTT": str(MAX_NO_MQTT),
            "SYSLOG": "stdout",
        }
        binds = ("mqtts", "https", "console", "webhooks", "metrics")
        return own | {f"{name.upper()}_BIND": f"127.0.0.1:{self.ports[name]}" for name in binds}
