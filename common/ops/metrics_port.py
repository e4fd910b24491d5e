"""The small HTTP port on which Prometheus reads what a process counts.

Every process has a port of its own: `port` for the first worker of a program, the ones after it for
the others, as the listener's workers have.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from common.ops.metrics import complete_registry

logger = logging.getLogger(__name__)

_READ_WITHIN = 5.0
_RETRY_SECONDS = 1.0

Page = Callable[[], tuple[str, str, bytes]]
FINE = "200 OK"


def scraped(of: CollectorRegistry) -> tuple[str, str, bytes]:
    return FINE, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(of)


def said(fine: bool) -> tuple[str, str, bytes]:
    status = FINE if fine else "503 Service Unavailable"
    return status, "text/plain", b"ok\n" if fine else b"unavailable\n"


class PagesPort:
    """Answers GET requests for a few paths, on a thread of its own, from `start` to `stop`.

    Raises OSError when the port cannot be had.
    """

    def __init__(self, pages: Mapping[str, Page], host: str, port: int) -> None:
        self._pages = pages
        self._server = _Server((host, port), _Handler)
        self._server.set_app(self._answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Waits for the thread: not to be called by it, nor by one that must not wait."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        page = self._pages.get(environ["PATH_INFO"], _unknown)
        status, kind, body = page() if environ["REQUEST_METHOD"] == "GET" else _unknown()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]


def _unknown() -> tuple[str, str, bytes]:
    return "404 Not Found", "text/plain", b"Not found\n"


def serve_metrics(setting: str, processes: int = 1) -> threading.Thread | None:
    """Serve this process' own on a port of the setting; None when that is 0.

    Of several processes each takes the first port that is free, of as many as there are. One that
    finds none, as when its predecessor is still stopping, goes on trying; it is needed by nobody
    else.
    """
    first: int = getattr(settings, setting)
    if not first:
        return None
    ports = range(first, first + processes)
    thread = threading.Thread(target=_take_a_port, args=(setting, ports), daemon=True)
    thread.start()
    return thread


def _take_a_port(setting: str, ports: Iterable[int]) -> None:
    pages: Mapping[str, Page] = {
        "/metrics": lambda: scraped(complete_registry()),
        "/healthz": lambda: said(fine=True),
    }
    told = False
    while True:
        for port in ports:
            try:
                taken = PagesPort(pages, settings.METRICS_HOST, port)
            except OSError as error:
                reason = error.strerror
                continue
            taken.start()
            logger.info("metrics on %s port %d", settings.METRICS_HOST, taken.port)
            return
        if not told:
            logger.warning("no metrics yet: %s %s: %s", setting, ports, reason)
        told = True
        time.sleep(_RETRY_SECONDS)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Do nothing: the client has gone."""


class _Handler(WSGIRequestHandler):
    # Of `socketserver`: who says nothing holds no thread for long.
    timeout = _READ_WITHIN

    def log_message(self, *_: Any) -> None:
        """Nothing of note."""
