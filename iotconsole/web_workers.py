"""gunicorn's workers: of the console's port, and of the port that devices and back ends use."""

import ssl
from pathlib import Path

from django.conf import settings

from common.net.http.environ import Environ
from common.net.http.gunicorn_worker import HttpWorker
from registration.pki import (
    SERVER_ECDSA,
    SERVER_RSA,
    Profile,
    load_certificates,
    server_context,
)


def _body_limit(environ: Environ, start: bytes) -> int | None:
    # gunicorn loads this module before there is any Django.
    from iotconsole.body_limits import body_limit

    return body_limit(environ, start)


class WebWorker(HttpWorker):
    """Plain HTTP: to browsers on this machine, or behind a proxy."""

    body_limit = staticmethod(_body_limit)

    @property
    def forwarded(self) -> bool:
        return bool(settings.SECURE_PROXY_SSL_HEADER)


class MachineWorker(HttpWorker):
    """TLS that ends here, with the certificates of `app`, an HttpsServer."""

    body_limit = staticmethod(_body_limit)

    def tls(self) -> ssl.SSLContext:
        context: ssl.SSLContext = self.app.certificates.context()
        return context


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
