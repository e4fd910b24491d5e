"""Certificates that are made once for all tests of a process."""

import ipaddress
import ssl
from pathlib import Path

import pytest

from registration.certificate_names import CertificateNames
from registration.pki import ensure_certificates, server_context


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
