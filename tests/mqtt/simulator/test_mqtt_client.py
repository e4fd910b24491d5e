"""How a simulated device tells that there is no connection, and what the server answered."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mqtt.simulator.firmware import Login
from mqtt.simulator.mqtt_client import Link, LinkError, RefusedError, Server, UnreachableError
from registration.certificate_names import certificate_names
from registration.pki import ensure_certificates, server_context
from tests.ports import free_port

LOGIN = Login("client", "name&key", "password")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pki")
    ensure_certificates(directory, certificate_names("localhost", ()))
    return directory


@contextmanager
def server_that_answers(pki: Path, answer: bytes) -> Iterator[int]:
    """Takes one TLS connection, reads something, says `answer`, hangs up. Yields its port."""

    def serve() -> None:
        connection, _ = listening.accept()
        with server_context(pki, "compat").wrap_socket(connection, server_side=True) as secured:
            secured.recv(4096)
            secured.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("connack", [2, 3, 4, 5])
def test_a_refusal_carries_the_code_that_was_on_the_wire(pki: Path, connack: int) -> None:
    with server_that_answers(pki, bytes([0x20, 2, 0, connack])) as port:
        link = Link(Server("localhost", port, pki / "ca.pem"), LOGIN)
        with pytest.raises(RefusedError) as refused:
            link.open()
        link.close()
    assert refused.value.connack == connack


def test_a_server_that_does_not_speak_its_protocol_is_told(pki: Path) -> None:
    with server_that_answers(pki, b"\x20\x02\x00\x01") as port:
        link = Link(Server("localhost", port, pki / "ca.pem"), LOGIN)
        with pytest.raises(LinkError, match=r"does not speak MQTT 3\.1\.1"):
            link.open()
        link.close()


def test_a_server_that_hangs_up_is_told(pki: Path) -> None:
    with server_that_answers(pki, b"") as port:
        link = Link(Server("localhost", port, pki / "ca.pem"), LOGIN)
        with pytest.raises(LinkError, match="closed the connection"):
            link.open()


def test_where_nothing_listens_is_told(pki: Path) -> None:
    port = free_port()
    with pytest.raises(UnreachableError, match=f"nothing listens on localhost:{port}"):
        Link(Server("localhost", port, pki / "ca.pem"), LOGIN).open()


def test_an_unknown_host_is_told(pki: Path) -> None:
    with pytest.raises(UnreachableError, match=r"device\.invalid is not known"):
        Link(Server("device.invalid", 8883, pki / "ca.pem"), LOGIN).open()


def test_a_ca_file_of_no_use_is_told(pki: Path) -> None:
    with pytest.raises(LinkError, match="CA certificate"):
        Link(Server("localhost", 8883, pki / "absent.pem"), LOGIN)
