"""A listener to connect to, with certificates that are made once."""

import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from registration.certificate_names import CertificateNames
from registration.pki import CA_CERTIFICATE, ensure_certificates, server_context
from tests.clients.running import RunningListener


@pytest.fixture(scope="session")
def pki_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("listener-pki")
    addresses = frozenset({ipaddress.ip_address("127.0.0.1")})
    ensure_certificates(
        directory, CertificateNames("localhost", frozenset({"localhost"}), addresses)
    )
    return directory


@pytest.fixture(scope="session")
def server_tls(pki_directory: Path) -> ssl.SSLContext:
    return server_context(pki_directory, "compat")


@pytest.fixture
def listener(
    server_tls: ssl.SSLContext, pki_directory: Path, tmp_path: Path, transactional_db: None
) -> Iterator[RunningListener]:
    running = RunningListener(server_tls, pki_directory / CA_CERTIFICATE, tmp_path / "listeners")
    running.start()
    yield running
    running.stop()
