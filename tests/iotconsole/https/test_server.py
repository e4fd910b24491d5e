"""`manage.py https_server` over real sockets: strict SDKs, and those who never finish."""

import contextlib
import json
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509

from devices.models import Device
from logs.models import LogEntry
from protocol import signing
from protocol.signing import SignMethod
from registration.certificate_names import certificate_names
from registration.pki import ensure_certificates
from tests.factories import make_device, make_product
from tests.polling import eventually
from tests.processes import CLOUD_HOST, HttpsServer, run_command, running_https_server

NAME = "LightSwitch"
# What the C SDKs' mbedTLS offers, in its order of preference (protocol.md 4.1).
C_SDK_SUITES = ["AES256-SHA256", "AES128-SHA256", "AES256-SHA", "AES128-SHA"]
LONGEST_HEADER_LINE = 128  # C SDK v4
LONGEST_BODY = 255  # C SDK v3
PATIENCE = 20


class Shelf:
    """Where the tests of this file find the server that the first of them started."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.open = ExitStack()
        self.server: HttpsServer | None = None


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path_factory.mktemp("https"))
    with shelf.open:
        yield shelf
        assert shelf.server is None or "Traceback" not in shelf.server.process.output


@pytest.fixture
def server(process_environment: dict[str, str], shelf: Shelf) -> HttpsServer:
    if shelf.server is None:
        starting = running_https_server(process_environment, shelf.directory)
        shelf.server = shelf.open.enter_context(starting)
    return shelf.server


@pytest.fixture
def device(server: HttpsServer) -> Device:
    return make_device(make_product(), NAME)


def connect(server: HttpsServer, suite: str = "") -> ssl.SSLSocket:
    """With a suite: as the C SDKs do, and no better."""
    context = ssl.create_default_context(cafile=str(server.ca_file))
    if suite:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
    return context.wrap_socket(plain(server), server_hostname=CLOUD_HOST)


def plain(server: HttpsServer, first: bytes = b"") -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    opened.sendall(first)
    return opened


def body_of(device: Device) -> bytes:
    product = device.product
    content = signing.registration_content(device.device_name, product.product_key, "7")
    fields = {
        "productKey": product.product_key,
        "deviceName": device.device_name,
        "random": "7",
        "sign": signing.sign(SignMethod.HMACSHA256, product.product_secret, content).upper(),
        "signMethod": "hmacsha256",
    }
    return urlencode(fields).encode()


def request_of(device: Device, *headers: str, version: str = "1.1") -> bytes:
    """The headers of the C SDK v4, then `headers`."""
    body = body_of(device)
    lines = [
        f"POST /auth/register/device HTTP/{version}",
        f"Host: {CLOUD_HOST}",
        "Accept: text/xml,text/javascript,text/html,application/json",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + body


def answer(connection: ssl.SSLSocket) -> bytes:
    """Head and body, read as the C SDK v4 reads: by a Content-Length in exactly these letters."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1) or pytest.fail(f"hung up after {head!r}")
    lines = head.decode().split("\r\n")
    assert all(len(line) <= LONGEST_HEADER_LINE for line in lines)
    lengths = [line.split(" ")[1] for line in lines if line.startswith("Content-Length: ")]
    assert len(lengths) == 1, lines
    body = b""
    while len(body) < int(lengths[0]):
        body += connection.recv(int(lengths[0]) - len(body)) or pytest.fail("hung up in the body")
    return head + body


def code(answered: bytes) -> int:
    head, _, body = answered.partition(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] == b"200"
    return int(json.loads(body)["code"])


def registers(server: HttpsServer, device: Device) -> bool:
    with connect(server) as connection:
        connection.sendall(request_of(device))
        return code(answer(connection)) == 200


def scanned_by_c_sdk_v3(body: str) -> str:
    """The secret as its dynreg.c finds it: `code` first, then by names and quotes, no JSON."""
    assert len(body) <= LONGEST_BODY
    assert body.startswith('{"code":200,')
    return body.partition('"deviceSecret":"')[2].partition('"')[0]


@pytest.mark.parametrize("suite", C_SDK_SUITES)
def test_the_c_sdks_get_the_secret_with_each_of_their_suites(
    server: HttpsServer, device: Device, suite: str
) -> None:
    with connect(server, suite) as connection:
        cipher = connection.cipher()
        assert cipher is not None
        assert cipher[0] == suite
        connection.sendall(request_of(device))
        head, _, body = answer(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"chunked" not in head
    assert b"Cookie" not in head
    assert scanned_by_c_sdk_v3(body.decode()) == device.device_secret
    entry = LogEntry.objects.get(operation="register")
    assert (entry.address, entry.detail["transport"]) == ("127.0.0.1", "HTTPS")


def test_one_connection_carries_several_requests_in_pieces_and_at_once(
    server: HttpsServer, device: Device
) -> None:
    request = request_of(device)
    with connect(server) as connection:
        for middle in (1, 100, len(request) - 1):
            connection.sendall(request[:middle])
            connection.sendall(request[middle:])
            assert code(answer(connection)) == 200
        connection.sendall(request * 3)
        assert [code(answer(connection)) for _ in range(3)] == [200] * 3


def test_http_1_0_is_answered_and_closed(server: HttpsServer, device: Device) -> None:
    with connect(server) as connection:
        connection.sendall(request_of(device, version="1.0"))
        assert code(answer(connection)) == 200
        assert connection.recv(1) == b""


def test_who_asks_before_sending_a_body_is_told_once_to_go_on(
    server: HttpsServer, device: Device
) -> None:
    head, end, body = request_of(device, "Expect: 100-continue").partition(b"\r\n\r\n")
    go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(head + end)
        assert connection.recv(len(go_on)) == go_on
        connection.sendall(body)
        assert code(answer(connection)) == 200


def test_a_chunked_body_is_read(server: HttpsServer, device: Device) -> None:
    head, end, body = request_of(device).partition(b"\r\n\r\n")
    head = head.replace(b"Content-Length: ", b"Transfer-Encoding: chunked\r\nX-Length: ")
    with connect(server) as connection:
        connection.sendall(head + end + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        assert code(answer(connection)) == 200


def test_a_call_of_64_kilobytes_in_its_url_reaches_the_api(server: HttpsServer) -> None:
    line = f"GET /?Action=QueryDevice&Format=JSON&X={'x' * 65_000} HTTP/1.1\r\n"
    with connect(server) as connection:
        connection.sendall(f"{line}Host: {CLOUD_HOST}\r\n\r\n".encode())
        head, _, body = answer(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["Code"] == "MissingVersion"


def test_ten_megabytes_are_refused_with_an_answer(server: HttpsServer, device: Device) -> None:
    length = 10 * 1024 * 1024
    head = (
        request_of(device)
        .partition(b"\r\n\r\n")[0]
        .replace(b"Content-Length: ", b"Content-Length: %d\r\nX-Length: " % length)
    )
    with connect(server) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert code(answer(connection)) == 460  # before any of it was sent
        connection.sendall(b"x" * length)
    assert registers(server, device)


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/static/css/console.css", "/ca.pem"])
def test_the_console_is_not_shown_here(server: HttpsServer, path: str) -> None:
    with connect(server) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert answer(connection).startswith(b"HTTP/1.1 404 ")


def test_what_a_device_says_of_proxies_is_not_believed(server: HttpsServer, device: Device) -> None:
    with connect(server) as connection:
        connection.sendall(
            request_of(device, "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: http")
        )
        assert code(answer(connection)) == 200
    assert LogEntry.objects.get(operation="register").address == "127.0.0.1"


@pytest.mark.parametrize("nonsense", [b"hello\r\n\r\n", b"x" * 1_200_000, b"GET\0/ HTTP/9\r\n\r\n"])
def test_what_is_no_http_is_refused(server: HttpsServer, nonsense: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(nonsense)
        assert connection.recv(9) == b"HTTP/1.1 "
        assert connection.recv(1) == b"4"


def test_a_refusal_is_logged_with_what_explains_it(server: HttpsServer, device: Device) -> None:
    product = device.product
    product.product_secret += "\n"
    with connect(server) as connection:
        connection.sendall(request_of(device))
        assert code(answer(connection)) == 6600
    refused = LogEntry.objects.filter(reason="bad_signature")
    eventually(refused.exists)
    assert refused.get().detail["hints"] == "secret_newline"


def test_those_who_never_finish_take_nobodys_place(server: HttpsServer, device: Device) -> None:
    with ExitStack() as unfinished:
        for _ in range(100):
            unfinished.enter_context(plain(server))
            unfinished.enter_context(plain(server, b"\x16\x03\x01"))
        for _ in range(20):
            begun = unfinished.enter_context(connect(server))
            begun.sendall(request_of(device)[:99])
        assert registers(server, device)
        # More than a worker holds at once, both together: the oldest give way.
        for _ in range(400):
            unfinished.enter_context(plain(server))
        assert registers(server, device)


def test_renewed_certificates_are_shown_to_the_next(server: HttpsServer, device: Device) -> None:
    def shown() -> x509.Certificate:
        with connect(server) as connection:
            return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")

    before = shown()
    names = certificate_names("localhost", (CLOUD_HOST,))
    ensure_certificates(server.ca_file.parent, names, force=True)
    eventually(lambda: shown() != before)
    assert registers(server, device)


def test_it_stops_at_once_whoever_is_connected(
    process_environment: dict[str, str], tmp_path: Path
) -> None:
    with running_https_server(process_environment, tmp_path) as own, ExitStack() as open_:
        open_.enter_context(plain(own))
        open_.enter_context(connect(own)).sendall(b"POST")
        before = time.monotonic()
        assert own.process.stop(signal.SIGTERM) == 0
        assert time.monotonic() - before < PATIENCE


def test_without_certificates_it_says_how_to_make_them(
    process_environment: dict[str, str], tmp_path: Path
) -> None:
    own = {"DATA_DIR": str(tmp_path), "HTTPS_PORT": "0"}
    run = run_command("https_server", environment={**process_environment, **own})
    assert run.returncode == 1
    assert "manage.py certificates" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_port_in_use_is_named(process_environment: dict[str, str], tmp_path: Path) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        own = {
            "DATA_DIR": str(tmp_path),
            "HTTPS_HOST": "127.0.0.1",
            "HTTPS_PORT": str(taken.getsockname()[1]),
        }
        run = run_command("https_server", environment={**process_environment, **own})
    assert run.returncode == 1
    assert "HTTPS_PORT" in run.stderr
