"""The HTTP server over real sockets: who is answered, who is refused, and who waits for whom."""

import io
import re
import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from common.net.http import connection as connections
from common.net.http import request_body
from common.net.http import server as servers
from common.net.http.environ import sender_proven
from common.net.http.request_body import SMALL
from registration.pki import CA_CERTIFICATE
from tests.common.net.http.running import Running, everything, running
from tests.polling import eventually

CLOSE = b"Connection: close\r\n"


def request(path: str = "/", *lines: bytes, body: bytes = b"", method: str = "GET") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n".encode() + b"".join(lines)
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return head + length + b"\r\n" + body


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answers with method, path and the length and sum of the body."""
    body = environ["wsgi.input"].read()
    text = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {len(body)} {sum(body)}".encode()
    start_response("200 OK", [("Content-Length", str(len(text))), ("Content-Type", "text/plain")])
    return [text]


def reply(answered: bytes) -> tuple[int, bytes]:
    head, _, body = answered.partition(b"\r\n\r\n")
    return int(head[9:12]), body


@pytest.fixture
def client_tls(pki_directory: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=pki_directory / CA_CERTIFICATE)


def test_it_answers_over_tls_and_without(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    with running(application) as plain, running(application, tls=server_tls) as secure:
        for server, tls in ((plain, None), (secure, client_tls)):
            answered = server.ask(request("/a", CLOSE, body=b"hello"), tls)
            assert reply(answered) == (200, b"GET /a 5 532")
            assert re.search(rb"\r\nDate: \w{3}, \d\d \w{3} \d{4} ", answered)


def test_requests_in_pieces_and_at_once_are_answered_in_their_order() -> None:
    three = request("/1") + request("/2", body=b"ab") + request("/3", CLOSE)
    with running(application) as server, server.open() as connection:
        for at in range(len(three)):
            connection.sendall(three[at : at + 1])
        paths = re.findall(rb"GET (/\d)", everything(connection))
        assert paths == [b"/1", b"/2", b"/3"]
        assert re.findall(rb"GET (/\d)", server.ask(three)) == [b"/1", b"/2", b"/3"]


def test_a_small_body_is_read_for_anybody_and_a_large_one_for_those_allowed() -> None:
    def limit(environ: dict[str, Any], _: bytes) -> int:
        return 3 * SMALL if environ.get("HTTP_KNOWN") else 0

    large = b"x" * (2 * SMALL)
    with running(application, limit=limit) as server:
        small = server.ask(request("/", CLOSE, body=large[:SMALL]))
        assert reply(small)[1].split()[2] == b"65536"
        known = server.ask(request("/", CLOSE, b"Known: 1\r\n", body=large))
        assert reply(known)[1].split()[2] == b"131072"
        with server.open() as stranger:
            stranger.sendall(request("/", b"Content-Length: 131072\r\n") + large[:100])
            # The application answers, to whom no body was read.
            assert reply(everything(stranger))[1].split()[2] == b"0"


@pytest.mark.parametrize(("known", "read"), [(b"known", 2 * SMALL), (b"other", 0)])
def test_where_the_start_of_a_body_tells_who_sends_it_that_is_read_first(
    known: bytes, read: int
) -> None:
    starts: list[bytes] = []

    def limit(_: object, start: bytes) -> int | None:
        starts.append(start)
        if len(start) < SMALL:
            return None
        return 10**6 if start.startswith(b"known") else 0

    body = known + b"x" * (2 * SMALL - len(known))
    with running(application, limit=limit) as server:
        answered = server.ask(request("/", CLOSE, body=body))
    assert int(reply(answered)[1].split()[2]) == read
    assert starts == [b"", body[:SMALL]]


def test_who_has_yet_to_say_who_it_is_takes_no_place_and_gets_no_more_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(servers, "LARGE_AT_ONCE", 1)
    monkeypatch.setattr(connections, "REQUEST_WITHIN", 0.5)

    def limit(environ: dict[str, Any], start: bytes) -> int | None:
        return 10**6 if environ.get("HTTP_KNOWN") else None

    with running(application, limit=limit) as server, server.open() as stranger:
        stranger.sendall(request("/", b"Content-Length: 1000000000\r\n"))
        eventually(lambda: any(one._asked for one in server.do(lambda: list(_open(server)))))
        known = request("/", CLOSE, b"Known: 1\r\n", body=bytes(2 * SMALL))
        assert reply(server.ask(known))[0] == 200
        assert reply(everything(stranger))[0] == 408


def test_one_origin_takes_no_more_than_its_share_of_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(servers, "LARGE_OF_ONE", 1)
    head = request("/", b"Content-Length: 70000\r\n")
    with running(application, limit=lambda *_: 10**6) as server, server.open() as first:
        first.sendall(head)
        eventually(lambda: server.do(server.server._large.total) == 1)
        assert reply(server.ask(head))[0] == 503
        with server.open(source="127.0.0.2") as other:
            other.sendall(head + bytes(70_000))
            assert other.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("chunks", [1, 3])
def test_a_chunked_body_has_the_same_limits(chunks: int) -> None:
    chunk = b"%x\r\n%s\r\n" % (SMALL, b"x" * SMALL)
    sent = request("/", CLOSE, b"Transfer-Encoding: chunked\r\n") + chunk * chunks + b"0\r\n\r\n"
    lengths: list[str] = []

    def noting(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        lengths.append(environ["CONTENT_LENGTH"])
        return application(environ, start_response)

    with running(noting, limit=lambda *_: 2 * SMALL) as server, server.open() as connection:
        connection.sendall(sent)
        read = int(reply(everything(connection))[1].split()[2])
    assert read == (SMALL if chunks == 1 else 0)
    assert (int(lengths[0]) > 2 * SMALL) is (chunks == 3)


def test_only_a_few_large_bodies_are_received_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "LARGE_AT_ONCE", 1)
    head = request("/", b"Content-Length: 70000\r\n")
    with running(application, limit=lambda *_: 10**6) as server, server.open() as first:
        first.sendall(head + b"x" * 69_999)
        eventually(lambda: server.do(server.server._large.total) == 1)
        assert reply(server.ask(head))[0] == 503
        first.sendall(b"x")
        assert first.recv(12) == b"HTTP/1.1 200"
        eventually(lambda: server.do(server.server._large.total) == 0)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000, 431),
        (b"GET /" + b"x" * 70_000, 414),
        (b"POST / HTTP/1.1\r\nHost: x\r\ncontent-length:" + b" " * 70_000, 431),
        (request("/", b"Transfer-Encoding: chunked\r\n") + b"zz\r\n", 400),
    ],
)
def test_what_is_refused_is_told_why_with_the_headers_of_every_answer(
    sent: bytes, status: int
) -> None:
    with running(application) as server:
        answered = server.ask(sent)
    assert reply(answered)[0] == status
    assert b"X-Content-Type-Options: nosniff\r\n" in answered
    assert b"Connection: close\r\n" in answered


def test_a_request_that_does_not_come_in_time_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit applies whatever arrives meanwhile."""
    for module in (request_body, connections):
        monkeypatch.setattr(module, "REQUEST_WITHIN", 0.2)
    with running(application) as server, ExitStack() as open_:
        chunk = request("/", b"Transfer-Encoding: chunked\r\n") + b"5\r\nhel"
        for begun in (b"GET", request(body=b"hello")[:-1], b"GET / HTTP/1.1\r\nA:", chunk):
            connection = open_.enter_context(server.open())
            connection.sendall(begun)
            assert reply(everything(connection))[0] == 408


def test_empty_lines_gain_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_WITHIN", 0.5)
    with running(application) as server, server.open() as empty:
        empty.settimeout(0.05)
        eventually(lambda: _closed_on(empty))


def _closed_on(connection: socket.socket) -> bool:
    """Whether the server has closed, after another empty line."""
    try:
        connection.sendall(b"\r\n")
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_strangers_leave_a_thread_to_those_who_have_proven_something() -> None:
    busy = threading.Event()

    def waiting(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REMOTE_ADDR"] == "127.0.0.1":
            busy.wait(20)
        return application(environ, start_response)

    with running(waiting, threads=4) as server, ExitStack() as open_:
        server.do(lambda: server.server.peers.handshakes.proven("127.0.0.2"))
        for _ in range(8):
            open_.enter_context(server.open()).sendall(request())
        eventually(lambda: server.do(lambda: sum(c.owes for c in _open(server))) == 8)
        regular = open_.enter_context(server.open(source="127.0.0.2"))
        regular.sendall(request("/", CLOSE))
        assert reply(everything(regular))[0] == 200
        busy.set()


def test_a_silent_connection_is_closed_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_WITHIN", 0.2)
    monkeypatch.setattr(connections, "IDLE_WITHIN", 0.2)
    with running(application) as server, server.open() as silent, server.open() as idle:
        idle.sendall(request())
        assert everything(silent) == b""
        assert everything(idle).endswith(b"GET / 0 0")


def test_threads_are_for_whole_requests_only() -> None:
    """One thread serves, whoever stops in the middle of a request."""
    with running(application, threads=1) as server, ExitStack() as unfinished:
        for begun in (b"GET / HT", request(body=b"hello")[:-1], b""):
            for _ in range(20):
                unfinished.enter_context(server.open()).sendall(begun)
        assert reply(server.ask(request("/", CLOSE)))[0] == 200


def test_a_client_that_reads_slowly_holds_no_thread_and_little_memory() -> None:
    size = 8 * 1024 * 1024

    def download(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(size))])
        if environ["PATH_INFO"] == "/file":
            return environ["wsgi.file_wrapper"](io.BytesIO(bytes(size)))  # type: ignore[no-any-return]
        return [bytes(size)]

    with running(download, threads=1) as server, ExitStack() as slow:
        readers = [slow.enter_context(server.open()) for _ in range(10)]
        for number, reader in enumerate(readers):
            reader.sendall(request("/file" if number % 2 else "/bytes", CLOSE))
        assert len(reply(server.ask(request("/file", CLOSE)))[1]) == size
        assert all(len(reply(everything(reader))[1]) == size for reader in readers)


def test_a_client_that_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READ_WITHIN", 0.2)

    def download(_: object, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [bytes(64 * 1024 * 1024)]

    with running(download) as server, server.open() as deaf:
        deaf.sendall(request())
        eventually(lambda: server.do(lambda: not server.server.peers.connections))


def test_the_oldest_silent_connection_gives_way_to_a_newcomer() -> None:
    with running(application, slots=(3, 3, 3)) as server, ExitStack() as open_:
        silent = [open_.enter_context(server.open()) for _ in range(2)]
        idle = open_.enter_context(server.open())
        idle.sendall(request())
        assert idle.recv(12) == b"HTTP/1.1 200"
        assert reply(server.ask(request("/", CLOSE)))[0] == 200
        assert everything(silent[0]) == b""
        silent[1].sendall(request("/", CLOSE))
        assert reply(everything(silent[1]))[0] == 200
        silent[1].close()
        slots = server.server.peers.slots
        eventually(lambda: server.do(lambda: slots.taken) == 1)


def test_requests_wait_in_turn_by_where_they_come_from() -> None:
    """A flood from one address delays others by one request only."""
    busy, served = threading.Event(), list[str]()

    def slow(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        busy.wait(20)
        served.append(environ["REMOTE_ADDR"])
        return application(environ, start_response)

    with running(slow, threads=1) as server, ExitStack() as open_:
        flood = [open_.enter_context(server.open()) for _ in range(10)]
        for one in flood:
            one.sendall(request())
        eventually(lambda: server.do(lambda: sum(c.owes for c in _open(server))) == 10)
        other = open_.enter_context(server.open(source="127.0.0.2"))
        other.sendall(request())
        eventually(lambda: server.do(lambda: sum(c.owes for c in _open(server))) == 11)
        busy.set()
        eventually(lambda: len(served) == 11)
    assert served.index("127.0.0.2") <= 2


def _open(server: Running) -> Iterable[connections.HttpConnection]:
    return server.server.peers.connections


def test_whoever_has_proven_something_comes_first_from_then_on() -> None:
    def proving(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        sender_proven(environ)
        return application(environ, start_response)

    with running(proving) as server:
        regulars = server.server.peers.handshakes.regulars
        server.ask(request("/", CLOSE))
        eventually(lambda: server.do(lambda: "127.0.0.1" in regulars))


def test_behind_a_proxy_it_is_the_proxy_that_says_whose_a_request_is() -> None:
    def proving(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        sender_proven(environ)
        return application(environ, start_response)

    with running(proving, forwarded=True, slots=(100, 100, 1)) as server:
        regulars = server.server.peers.handshakes.regulars
        with server.open(), server.open():  # more than one address may have
            server.ask(request("/", CLOSE, b"X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n"))
        eventually(lambda: server.do(lambda: "192.0.2.7" in regulars))
        assert not server.do(lambda: "6.6.6.6" in regulars)


def test_a_failing_application_is_answered_for_and_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def failing(_: object, __: object) -> Iterable[bytes]:
        raise ValueError("secret")

    with running(failing) as server:
        assert reply(server.ask(request()))[0] == 500
        eventually(lambda: "ValueError" in caplog.text)
    assert "secret" not in caplog.text


def test_a_cookie_is_sent_as_django_writes_it() -> None:
    def setting(_: object, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Set-Cookie", " a=b; Path=/"), ("Set-Cookie", " c=d")])
        return [b""]

    with running(setting) as server:
        answered = server.ask(request("/", CLOSE))
    assert re.findall(rb"\r\nSet-Cookie: (\S+)", answered) == [b"a=b;", b"c=d"]


@pytest.mark.parametrize("headers", [[("Content-Length", "5")], [("Bad\nName", "x")]])
def test_an_answer_that_is_no_http_ends_its_connection_alone(
    headers: list[tuple[str, str]],
) -> None:
    def wrong(_: object, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", headers)
        return [b"longer than five"]

    with running(wrong) as server:
        for _ in range(3):
            assert b"longer" not in server.ask(request())


def test_a_faulty_limit_allows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def faulty(*_: object) -> int:
        raise ValueError

    with running(application, limit=faulty) as server, server.open() as connection:
        connection.sendall(request("/", b"Content-Length: 131072\r\n"))
        assert reply(everything(connection))[1].split()[2] == b"0"
    assert "ValueError" in caplog.text


def test_when_it_stops_what_was_asked_is_answered_and_others_are_let_go() -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked.set()
        may_answer.wait(20)
        return application(environ, start_response)

    with running(slow) as server, server.open() as asking, server.open() as silent:
        asking.sendall(request())
        assert asked.wait(20)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert everything(silent) == b""
        may_answer.set()
        assert reply(everything(asking))[0] == 200
        stopping.join(20)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", server.port), 1)
