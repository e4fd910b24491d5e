"""Whole server processes: started on free ports, stopped gracefully or killed, output kept."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from registration.certificate_names import certificate_names
from registration.pki import CA_CERTIFICATE, ensure_certificates
from tests.ports import free_port

# A name of the cloud that the certificates are made out to, too.
CLOUD_HOST = "iot-auth.cn-shanghai.aliyuncs.com"
START_SECONDS = 90.0
STOP_SECONDS = 30.0


def wait_for_port(port: int, process: "ServerProcess", seconds: float = START_SECONDS) -> None:
    """Return once the port accepts; fail with the output when the process ends before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.returncode is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}:\n{process.output}")


class ServerProcess:
    """`manage.py ARGUMENTS` in the background. Its output goes to a file, so it never blocks."""

    def __init__(self, *arguments: str, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
                cwd=settings.BASE_DIR,
                env={**environment, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def output(self) -> str:
        """Everything it has printed so far, logs included."""
        return self._log.read_text(errors="replace")

    def wait_for_output(self, text: str, seconds: float = START_SECONDS) -> None:
        """Return once `text` has been printed; fail with the output when it is not."""
        deadline = time.monotonic() + seconds
        while text not in self.output:
            ended = self.returncode is not None and text not in self.output
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"{text!r} was not printed:\n{self.output}")
            time.sleep(0.05)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Its exit code, once it has ended by itself."""
        return self._process.wait(seconds)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(how)
        return self.wait()

    def kill(self) -> None:
        """kill -9: no goodbye."""
        self._process.kill()
        self.wait()

    def close(self) -> None:
        """Leave nothing behind, whatever state it is in."""
        if self._process.poll() is None:
            self._process.kill()
        self.wait()


@dataclass(frozen=True)
class Listener:
    """A running `manage.py mqtt_listener` and where to reach it."""

    process: ServerProcess
    environment: Mapping[str, str]
    mqtts_port: int
    mqtt_port: int
    ca_file: Path

    @property
    def data_dir(self) -> Path:
        return Path(self.environment["DATA_DIR"])


def _copy_certificates(directory: Path) -> Path:
    """One CA for the whole run of the tests: keys take long to make. Returns its certificate."""
    made = settings.DATA_DIR / "pki"
    ensure_certificates(made, certificate_names("localhost", (CLOUD_HOST,)))
    shutil.copytree(made, directory, dirs_exist_ok=True)
    return directory / CA_CERTIFICATE


@contextlib.contextmanager
def running_listener(
    environment: Mapping[str, str],
    data_dir: Path,
    *arguments: str,
    ports: tuple[int, int] | None = None,
) -> Iterator[Listener]:
    """A listener on free ports, with `data_dir` for its own.

    `environment` names the database, as the fixture `process_environment` does. `ports` are those
    of a listener before, TLS first, when it is to be started again.
    """
    ca_file = _copy_certificates(data_dir / "pki")
    mqtts_port, mqtt_port = ports or (free_port(), free_port())
    full = {
        **environment,
        "DATA_DIR": str(data_dir),
        "PUBLIC_HOST": "localhost",
        "MQTTS_PORT": str(mqtts_port),
        "MQTTS_HOST": "127.0.0.1",
        "MQTT_PORT": str(mqtt_port),
        "MQTT_HOST": "127.0.0.1",
    }
    process = ServerProcess(
        "mqtt_listener", *arguments, environment=full, log=data_dir / f"listener-{mqtts_port}.log"
    )
    try:
        wait_for_port(mqtts_port, process)
        wait_for_port(mqtt_port, process)
        yield Listener(process, full, mqtts_port, mqtt_port, ca_file)
    finally:
        process.close()


@dataclass(frozen=True)
class HttpsServer:
    """A running `manage.py https_server` and where to reach it."""

    process: ServerProcess
    port: int
    ca_file: Path


@contextlib.contextmanager
def running_https_server(environment: Mapping[str, str], data_dir: Path) -> Iterator[HttpsServer]:
    """On a free port, with `data_dir` for its own; `environment` names the database."""
    ca_file = _copy_certificates(data_dir / "pki")
    port = free_port()
    own = {"DATA_DIR": str(data_dir), "HTTPS_HOST": "127.0.0.1", "HTTPS_PORT": str(port)}
    process = ServerProcess(
        "https_server", environment={**environment, **own}, log=data_dir / f"https-{port}.log"
    )
    try:
        wait_for_port(port, process)
        yield HttpsServer(process, port, ca_file)
    finally:
        process.stop()
        process.close()


def run_command(
    *arguments: str, environment: Mapping[str, str], seconds: float = 180.0
) -> subprocess.CompletedProcess[str]:
    """`manage.py ARGUMENTS` to its end. Its exit code is the caller's to judge."""
    return subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
