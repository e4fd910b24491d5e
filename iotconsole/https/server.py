"""The WSGI application over TLS, for devices and back ends: what machines ask for, nothing else."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from iotconsole import gunicorn_config
from iotconsole.https.worker import Worker
from registration.pki import (
    SERVER_ECDSA,
    SERVER_RSA,
    Profile,
    load_certificates,
    server_context,
)

# Per process; beyond it the one that has been silent for longest gives way.
CONNECTIONS = 256
BACKLOG = 1024


class Certificates:
    """The context that both certificates are in; renewed ones are taken up."""

    def __init__(self, directory: Path, profile: Profile) -> None:
        """Raises PkiError."""
        self._directory = directory
        self._context = server_context(directory, profile)
        self._made = self._times()

    def context(self) -> ssl.SSLContext:
        if (made := self._times()) != self._made:
            load_certificates(self._context, self._directory)
            self._made = made
        return self._context

    def _times(self) -> list[int]:
        files = (self._directory / name for name in (SERVER_ECDSA, SERVER_RSA))
        return [file.stat().st_mtime_ns for file in files]


def _worker_begins(worker: object) -> None:
    gunicorn_config.worker_begins(worker, "HTTPS_METRICS_PORT")


class Server(BaseApplication):  # type: ignore[misc]
    """`run` until SIGTERM or SIGINT; it ends the process."""

    def __init__(self, host: str, port: int, directory: Path, profile: Profile) -> None:
        """`directory` holds the certificates. Raises PkiError."""
        self._bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._certificates = Certificates(directory, profile)
        self._certfile = directory / SERVER_RSA
        super().__init__()

    def load_config(self) -> None:
        own = {
            "bind": self._bind,
            "worker_class": Worker,
            "worker_connections": CONNECTIONS,
            "backlog": BACKLOG,
            # What makes it TLS; the context comes from the hook.
            "certfile": str(self._certfile),
            "post_worker_init": _worker_begins,
            "ssl_context": lambda _config, _default: self._certificates.context(),
        }
        for name, value in {**vars(gunicorn_config), **own}.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        from iotconsole.wsgi import machines

        return machines
