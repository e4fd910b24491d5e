"""Real handshakes on loopback: who is shown which certificate, and who is turned away."""

import contextlib
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from registration.certificate_names import CertificateNames
from registration.pki import Profile, ensure_certificates, load_certificates, server_context

NAMES = CertificateNames(
    primary="mqtt.example",
    dns=frozenset({"mqtt.example", "localhost"}),
    addresses=frozenset({ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}),
)
# What the C Link SDK offers, and all it offers (protocol.md 4.1).
C_SDK_SUITES = ["AES256-SHA256", "AES128-SHA256", "AES256-SHA", "AES128-SHA"]
BOTH: list[Profile] = ["compat", "modern"]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pki")
    ensure_certificates(made, NAMES)
    return made


@contextlib.contextmanager
def serving(context: ssl.SSLContext) -> Iterator[int]:
    """Port of a server that finishes handshakes and then waits for the client to close."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(1)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Closing alone would not wake the thread out of accept().
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def client_context(directory: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=directory / "ca.pem")


def tls12_client(directory: Path, ciphers: str) -> ssl.SSLContext:
    context = client_context(directory)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    return context


@dataclass(frozen=True)
class Agreed:
    version: str | None
    cipher: str
    certificate: x509.Certificate


def handshake(context: ssl.SSLContext, client: ssl.SSLContext, host: str = "localhost") -> Agreed:
    """Connect a client to a server with these contexts. Raise the error that the client sees."""
    with (
        serving(context) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        client.wrap_socket(raw, server_hostname=host) as secured,
    ):
        cipher, der = secured.cipher(), secured.getpeercert(binary_form=True)
        assert cipher is not None
        assert der is not None
        return Agreed(secured.version(), cipher[0], x509.load_der_x509_certificate(der))


def is_elliptic(certificate: x509.Certificate) -> bool:
    return isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)


@pytest.mark.parametrize("profile", BOTH)
def test_a_modern_client_gets_tls_13_and_the_ecdsa_certificate(
    directory: Path, profile: Profile
) -> None:
    agreed = handshake(server_context(directory, profile), client_context(directory))
    assert agreed.version == "TLSv1.3"
    assert is_elliptic(agreed.certificate)


def test_no_tickets_are_made_that_nobody_would_use(directory: Path) -> None:
    with (
        serving(server_context(directory, "compat")) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        client_context(directory).wrap_socket(raw, server_hostname="localhost") as secured,
    ):
        assert secured.version() == "TLSv1.3"
        secured.send(b"x")
        # Tickets come behind the handshake, and are read with what follows.
        assert secured.recv(1) == b""
        assert secured.session is not None
        assert not secured.session.has_ticket


@pytest.mark.parametrize("profile", BOTH)
def test_a_tls_12_client_with_both_kinds_gets_ecdsa_and_forward_secrecy(
    directory: Path, profile: Profile
) -> None:
    client = tls12_client(directory, "AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:ECDHE+AESGCM")
    agreed = handshake(server_context(directory, profile), client)
    assert agreed.version == "TLSv1.2"
    assert agreed.cipher.startswith("ECDHE-ECDSA-")
    assert is_elliptic(agreed.certificate)


@pytest.mark.parametrize("profile", BOTH)
def test_a_tls_12_client_without_ecdsa_gets_the_rsa_certificate(
    directory: Path, profile: Profile
) -> None:
    client = tls12_client(directory, "ECDHE-RSA-AES128-GCM-SHA256")
    agreed = handshake(server_context(directory, profile), client)
    assert not is_elliptic(agreed.certificate)


@pytest.mark.parametrize("suite", C_SDK_SUITES)
def test_compat_serves_each_suite_of_the_c_sdk_with_the_rsa_certificate(
    directory: Path, suite: str
) -> None:
    agreed = handshake(server_context(directory, "compat"), tls12_client(directory, suite))
    assert (agreed.version, agreed.cipher) == ("TLSv1.2", suite)
    assert not is_elliptic(agreed.certificate)


@pytest.mark.parametrize("suite", [*C_SDK_SUITES, "ECDHE-ECDSA-AES128-SHA256"])
def test_modern_refuses_rsa_key_exchange_and_cbc(directory: Path, suite: str) -> None:
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        handshake(server_context(directory, "modern"), tls12_client(directory, suite))


def tls11_client(directory: Path) -> ssl.SSLContext:
    # Level 0, or OpenSSL 3 would not even offer what is to be refused.
    context = tls12_client(directory, "DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def test_tls_11_is_refused_and_only_for_its_version(directory: Path) -> None:
    context = server_context(directory, "compat")
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        handshake(context, tls11_client(directory))
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    assert handshake(context, tls11_client(directory)).version == "TLSv1.1"


@pytest.mark.parametrize("ciphers", ["ECDHE+AESGCM", "AES256-SHA256"])
@pytest.mark.parametrize("host", ["mqtt.example", "localhost", "127.0.0.1", "::1"])
def test_names_and_addresses_are_verified(directory: Path, host: str, ciphers: str) -> None:
    client = tls12_client(directory, ciphers)
    assert client.check_hostname
    handshake(server_context(directory, "compat"), client, host)


@pytest.mark.parametrize("host", ["other.example", "127.0.0.2"])
def test_a_name_that_is_not_ours_is_noticed(directory: Path, host: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(server_context(directory, "compat"), client_context(directory), host)


@pytest.mark.parametrize("ciphers", ["ECDHE+AESGCM", "AES256-SHA256"])
def test_both_chains_pass_strict_verification(directory: Path, ciphers: str) -> None:
    """Python 3.13 and later ask for this by default."""
    client = tls12_client(directory, ciphers)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    handshake(server_context(directory, "compat"), client)


def test_a_client_that_trusts_another_ca_refuses(directory: Path, tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES)
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        handshake(server_context(directory, "compat"), client_context(tmp_path))


def test_a_client_without_sni_is_served(directory: Path) -> None:
    """The C SDK v3 and the Node.js SDK send no server name."""
    client = client_context(directory)
    client.check_hostname = False
    with (
        serving(server_context(directory, "compat")) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        client.wrap_socket(raw) as secured,
    ):
        assert secured.version() == "TLSv1.3"


def test_a_context_in_use_takes_up_renewed_certificates(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES)
    context, client = server_context(tmp_path, "compat"), client_context(tmp_path)
    before = handshake(context, client).certificate
    ensure_certificates(tmp_path, NAMES, force=True)
    load_certificates(context, tmp_path)
    after = handshake(context, client).certificate
    assert after != before
    assert after.issuer == before.issuer


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")
@pytest.mark.parametrize(
    ("options", "cipher"),
    [
        (["-tls1_3"], "TLS_AES_256_GCM_SHA384"),
        (["-tls1_2"], "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (["-tls1_2", "-cipher", ":".join(C_SDK_SUITES)], "AES256-SHA256"),
    ],
)
def test_openssl_verifies_the_chain_and_the_name(
    directory: Path, options: list[str], cipher: str
) -> None:
    with serving(server_context(directory, "compat")) as port:
        shown = subprocess.run(
            [
                *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options),
                *("-CAfile", str(directory / "ca.pem"), "-x509_strict", "-verify_return_error"),
                *("-verify_hostname", "mqtt.example", "-brief"),
            ],
            input="",
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert shown.returncode == 0, shown.stderr
    assert f"Ciphersuite: {cipher}" in shown.stderr
    assert "Verification: OK" in shown.stderr
    assert "Verified peername: mqtt.example" in shown.stderr
