"""A server on this machine that speaks the provider's HTTP API, well or badly."""

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs

from django.test import override_settings

SID = "AC00000000000000000000000000000001"
TOKEN = "token-of-the-account"
SENDER = "+15005550006"
ACCEPTED = json.dumps({"sid": "SM1", "status": "queued", "error_code": None})


@dataclass
class Received:
    method: str
    path: str
    authorization: str
    form: dict[str, list[str]]


@dataclass
class Gateway:
    """A gateway: its next response, and the requests it received."""

    status: int = 201
    body: str = ACCEPTED
    hangs: bool = False
    # How the connection ends after the request was read: "close", "reset" or, in mid-answer, "cut".
    ends: str = ""
    url: str = ""
    received: list[Received] = field(default_factory=list)
    released: Event = field(default_factory=Event)


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = parse_qs(self.rfile.read(length).decode(), strict_parsing=True)
            authorization = self.headers.get("Authorization", "")
            gateway.received.append(Received(self.command, self.path, authorization, form))
            if gateway.hangs:
                gateway.released.wait(30)
                return
            if gateway.ends in {"close", "reset"}:
                self._end()
                return
            payload = gateway.body.encode()
            self.send_response(gateway.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload) + (gateway.ends == "cut")))
            self.end_headers()
            self.wfile.write(payload)

        def _end(self) -> None:
            self.close_connection = True
            if gateway.ends == "reset":
                at_once = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)

        def log_message(self, *_: object) -> None:
            """Not into the output of the tests."""

    return Handler


@contextmanager
def running_gateway() -> Iterator[Gateway]:
    """A gateway on a free port, and the settings that lead to it."""
    gateway = Gateway()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(gateway)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        gateway.url = f"http://127.0.0.1:{server.server_port}"
        try:
            with override_settings(
                SMS_BACKEND="twilio",
                TWILIO_ACCOUNT_SID=SID,
                TWILIO_AUTH_TOKEN=TOKEN,
                TWILIO_FROM=SENDER,
                TWILIO_API_URL=gateway.url,
            ):
                yield gateway
        finally:
            gateway.released.set()
            server.shutdown()
            thread.join()
