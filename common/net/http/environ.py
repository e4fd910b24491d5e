"""The WSGI environment of a request (PEP 3333)."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import unquote_to_bytes, urlsplit

import h11

from common.net.http.request_head import RequestError

Environ = dict[str, Any]
# Call it where the sender of a request has proven who it is: its connections are then the last to
# be given up, and its next handshakes and requests come first.
PROVEN = "iotconsole.sender_proven"


@dataclass(frozen=True, slots=True)
class Local:
    """Facts about the port that a request came to."""

    host: str
    port: int
    secure: bool


def environ_of(request: h11.Request, peer: str, local: Local) -> Environ:
    """All but the body. Raises RequestError for a target that is no path of ours."""
    path, query = _target(request.target)
    environ: Environ = {
        "REQUEST_METHOD": request.method.decode("ascii"),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": local.host,
        "SERVER_PORT": str(local.port),
        "SERVER_PROTOCOL": f"HTTP/{request.http_version.decode('ascii')}",
        "REMOTE_ADDR": peer,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if local.secure else "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in request.headers:
        _add_header(environ, name, value.decode("latin-1"))
    return environ


def with_body(environ: Environ, length: int, body: IO[bytes]) -> None:
    """Give it a body of known length: a chunked one has been put together by now."""
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    if length or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(length)
    environ["wsgi.input"] = body


def sender_proven(environ: Environ) -> None:
    """Tell the server that carries the request, whichever it is."""
    note: Callable[[], None] | None = environ.get(PROVEN)
    if note is not None:
        note()


def _target(target: bytes) -> tuple[bytes, bytes]:
    if not target.startswith(b"/"):
        try:
            absolute = urlsplit(target)
        except ValueError:
            raise RequestError(400) from None
        if absolute.scheme not in (b"http", b"https"):
            raise RequestError(400)
        return absolute.path or b"/", absolute.query
    path, _, query = target.partition(b"#")[0].partition(b"?")
    return path, query


def _add_header(environ: Environ, name: bytes, value: str) -> None:
    # With an underscore it could pass for one of a proxy's that has a hyphen.
    if b"_" in name:
        return
    key = name.decode("ascii").upper().replace("-", "_")
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = f"HTTP_{key}"
    if key in environ:
        value = f"{environ[key]}{';' if key == 'HTTP_COOKIE' else ','}{value}"
    environ[key] = value
