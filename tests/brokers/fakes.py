"""Management APIs of brokers, as far as connections are listed and closed."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

AUTHORIZATION = "Basic dXNlcjpzZWNyZXQ="  # user:secret


@dataclass
class FakeBroker:
    """`connections` are MQTT clientIds by name (RabbitMQ) or by themselves, each of a username.
    One without a clientId is so new that RabbitMQ has not told it yet."""

    connections: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    reasons: list[str | None] = field(default_factory=list)
    status: int = 0
    url: str = ""

    def answer(self, method: str, path: str) -> tuple[int, Any]:
        """Status, and what is told as JSON."""
        raise NotImplementedError

    def open(self, username: str, client_id: str | None, name: str = "") -> None:
        self.connections[name or client_id or ""] = (username, client_id)

    def close(self, name: str) -> tuple[int, Any]:
        return (204, None) if self.connections.pop(name, None) else (404, {"error": "not there"})


class FakeRabbitmq(FakeBroker):
    def answer(self, method: str, path: str) -> tuple[int, Any]:
        places = [unquote(place) for place in path.split("/")]
        if places[:4] == ["", "api", "connections", "username"]:
            names = [n for n, (user, _) in self.connections.items() if user == places[4]]
            if method == "DELETE":
                for name in names:
                    del self.connections[name]
                return 204, None
            return 200, [{"name": name, "user": places[4]} for name in names]
        if method == "DELETE":
            return self.close(places[3])
        client_id = self.connections.get(places[3], ("", None))[1]
        if client_id is None:
            return 404, {"error": "Object Not Found"}
        return 200, {"name": places[3], "client_properties": {"client_id": client_id}}


class FakeEmqx(FakeBroker):
    def answer(self, method: str, path: str) -> tuple[int, Any]:
        parts = urlsplit(path)
        if method == "DELETE":
            return self.close(unquote(parts.path.rsplit("/", 1)[1]))
        wanted = parse_qs(parts.query)["username"][0]
        found = [c for c, (user, _) in self.connections.items() if user == wanted]
        return 200, {"data": [{"clientid": c, "username": wanted} for c in found], "meta": {}}


@contextmanager
def serving(broker: FakeBroker) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def _answer(self) -> None:
            broker.asked.append(f"{self.command} {self.path}")
            broker.reasons.append(self.headers["X-Reason"])
            status, content = broker.status, None
            if self.headers["Authorization"] != AUTHORIZATION:
                status = 401
            if not status:
                status, content = broker.answer(self.command, self.path)
            body = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    broker.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
