"""`manage.py mqtt_listener` as a process of its own."""

import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings

from registration.pki import CA_CERTIFICATE
from tests.clients.mqtt import MqttClient
from tests.clients.running import eventually
from tests.ports import free_port

# To come up or to go, which a busy machine may take its time for.
START_OR_STOP_SECONDS = 90.0
StartProcess = Callable[..., "ListenerProcess"]


class ListenerProcess:
    """Started at once; `ready` waits until it serves. Its log is in `log`."""

    def __init__(
        self, environment: Mapping[str, str], data_dir: Path, *arguments: str, **ports: int
    ) -> None:
        self.port = ports.get("port") or free_port()
        self.plain_port = ports.get("plain_port") or free_port()
        self.client_tls = ssl.create_default_context(cafile=data_dir / "pki" / CA_CERTIFICATE)
        self.log = ""
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "mqtt_listener", *arguments],
            cwd=settings.BASE_DIR,
            env={
                **environment,
                "DATA_DIR": str(data_dir),
                "MQTTS_HOST": "127.0.0.1",
                "MQTTS_PORT": str(self.port),
                "MQTT_PORT": str(self.plain_port),
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self.log += line

    @property
    def pid(self) -> int:
        return self._process.pid

    def ready(self, text: str = "MQTT on ") -> "ListenerProcess":
        assert eventually(
            lambda: text in self.log or self._process.poll() is not None, START_OR_STOP_SECONDS
        )
        assert self._process.poll() is None, self.log
        return self

    def client(self, *, tls: bool = False) -> MqttClient:
        return MqttClient(self.port if tls else self.plain_port, self.client_tls if tls else None)

    def memory(self) -> int:
        """Resident bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def wait(self) -> int:
        """The exit status, once it has ended by itself."""
        status = self._process.wait(START_OR_STOP_SECONDS)
        self._reader.join()
        return status

    def end(self) -> None:
        """At the end of a test, however that went."""
        if self._process.poll() is None:
            self._process.kill()
        self.wait()
