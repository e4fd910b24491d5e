"""The WSGI application over TLS, for devices and back ends: what machines ask for, nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from iotconsole import gunicorn_config
from iotconsole.web_workers import Certificates, MachineWorker
from registration.pki import Profile


def _worker_begins(worker: object) -> None:
    gunicorn_config.worker_begins(worker, "HTTPS_METRICS_PORT")


class HttpsServer(BaseApplication):  # type: ignore[misc]
    """`run` until SIGTERM or SIGINT; it ends the process."""

    def __init__(self, host: str, port: int, directory: Path, profile: Profile) -> None:
        """`directory` holds the certificates. Raises PkiError."""
        self._bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.certificates = Certificates(directory, profile)
        super().__init__()

    def load_config(self) -> None:
        own = {
            "bind": self._bind,
            "worker_class": MachineWorker,
            "post_worker_init": _worker_begins,
        }
        for name, value in {**vars(gunicorn_config), **own}.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        from iotconsole.wsgi import machines

        return machines
