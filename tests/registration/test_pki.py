"""The certificates on disk: what is in them, when they are made anew, what is refused."""

import ipaddress
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from registration import pki
from registration.certificate_names import CertificateNames
from registration.pki import PkiError, ensure_certificates

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = CertificateNames(
    primary="mqtt.example",
    dns=frozenset({"mqtt.example", "localhost"}),
    addresses=frozenset({ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}),
)
FILES = ["ca.key", "ca.pem", "server-ecdsa.pem", "server-rsa.pem"]
SERVERS = ["server-ecdsa.pem", "server-rsa.pem"]


def contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def changed(before: dict[str, bytes], directory: Path) -> list[str]:
    return sorted(name for name, now in contents(directory).items() if before[name] != now)


def test_everything_is_made_and_only_the_ca_certificate_is_readable_by_others(
    tmp_path: Path,
) -> None:
    issued = ensure_certificates(tmp_path / "pki", NAMES, now=NOW)
    files = sorted((tmp_path / "pki").iterdir())
    assert [file.name for file in files] == FILES
    modes = [stat.S_IMODE(file.stat().st_mode) for file in files]
    assert modes == [0o600, 0o644, 0o600, 0o600]
    assert stat.S_IMODE((tmp_path / "pki").stat().st_mode) == 0o700
    assert issued.ca == tmp_path / "pki" / "ca.pem"
    assert issued.renewed == ("server-ecdsa.pem", "server-rsa.pem")


def test_the_second_call_changes_nothing(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    before = contents(tmp_path)
    assert ensure_certificates(tmp_path, NAMES, now=NOW).renewed == ()
    assert contents(tmp_path) == before


def test_the_ca_is_rsa_for_twenty_years_with_what_strict_clients_ask_for(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    ca = certificate(tmp_path / "ca.pem")
    key = ca.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048
    assert (ca.not_valid_after_utc - NOW).days == 20 * 365
    usage = ca.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    subject = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    authority = ca.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert authority.key_identifier == subject.key_identifier
    assert ca.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_server_keys_are_p256_and_rsa_2048_and_rsa_may_encipher_keys(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    elliptic, plain = (certificate(tmp_path / name) for name in SERVERS)
    elliptic_key, plain_key = elliptic.public_key(), plain.public_key()
    assert isinstance(elliptic_key, ec.EllipticCurvePublicKey)
    assert isinstance(elliptic_key.curve, ec.SECP256R1)
    assert isinstance(plain_key, rsa.RSAPublicKey)
    assert plain_key.key_size == 2048
    usage = plain.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_encipherment


@pytest.mark.parametrize("name", SERVERS)
def test_server_certificates_carry_every_name_and_last_at_most_398_days(
    tmp_path: Path, name: str
) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    server = certificate(tmp_path / name)
    found = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(found.get_values_for_type(x509.IPAddress)) == NAMES.addresses
    # An IPv4 address also as a DNS name, for mbedTLS 2.
    assert set(found.get_values_for_type(x509.DNSName)) == NAMES.dns | {"127.0.0.1"}
    assert server.not_valid_before_utc < NOW
    lifetime = server.not_valid_after_utc - server.not_valid_before_utc
    assert timedelta(days=390) < lifetime <= timedelta(days=398)
    assert server.issuer == certificate(tmp_path / "ca.pem").subject


def test_they_are_renewed_when_less_than_thirty_days_are_left(tmp_path: Path) -> None:
    issued = ensure_certificates(tmp_path, NAMES, now=NOW)
    before = contents(tmp_path)
    early, due = issued.expires - timedelta(days=31), issued.expires - timedelta(days=29)
    assert ensure_certificates(tmp_path, NAMES, now=early).renewed == ()
    assert ensure_certificates(tmp_path, NAMES, now=due).expires > issued.expires
    assert changed(before, tmp_path) == SERVERS


def test_other_names_renew_the_server_certificates_and_never_the_ca(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    before = contents(tmp_path)
    others = CertificateNames("new.example", frozenset({"new.example"}), NAMES.addresses)
    ensure_certificates(tmp_path, others, now=NOW)
    assert changed(before, tmp_path) == SERVERS


def test_force_renews_at_once(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    before = contents(tmp_path)
    ensure_certificates(tmp_path, NAMES, now=NOW, force=True)
    assert changed(before, tmp_path) == SERVERS


@pytest.mark.parametrize("damage", [b"", b"not a certificate"])
def test_a_damaged_server_file_is_made_anew_alone(tmp_path: Path, damage: bytes) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    before = contents(tmp_path)
    (tmp_path / "server-rsa.pem").write_bytes(damage)
    ensure_certificates(tmp_path, NAMES, now=NOW)
    assert changed(before, tmp_path) == ["server-rsa.pem"]
    certificate(tmp_path / "server-rsa.pem")


def test_a_certificate_of_another_ca_is_replaced(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    ensure_certificates(ours, NAMES, now=NOW)
    ensure_certificates(other, NAMES, now=NOW)
    (ours / "server-rsa.pem").write_bytes((other / "server-rsa.pem").read_bytes())
    assert ensure_certificates(ours, NAMES, now=NOW).renewed == ("server-rsa.pem",)


def test_the_ca_key_may_be_away_until_a_certificate_is_due(tmp_path: Path) -> None:
    issued = ensure_certificates(tmp_path, NAMES, now=NOW)
    (tmp_path / "ca.key").unlink()
    before = contents(tmp_path)
    assert ensure_certificates(tmp_path, NAMES, now=NOW).renewed == ()
    with pytest.raises(PkiError, match=r"ca\.key is not there to sign it"):
        ensure_certificates(tmp_path, NAMES, now=issued.expires)
    assert contents(tmp_path) == before


def test_a_crash_between_key_and_certificate_of_the_ca_heals(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    key, subject = (tmp_path / "ca.key").read_bytes(), certificate(tmp_path / "ca.pem").subject
    (tmp_path / "ca.pem").unlink()
    ensure_certificates(tmp_path, NAMES, now=NOW)
    assert (tmp_path / "ca.key").read_bytes() == key
    assert certificate(tmp_path / "ca.pem").subject == subject


def test_an_expired_ca_is_an_error_and_not_a_new_ca(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    before = contents(tmp_path)
    with pytest.raises(PkiError, match="expired on 2046"):
        ensure_certificates(tmp_path, NAMES, now=NOW + timedelta(days=20 * 365 + 1))
    assert contents(tmp_path) == before


def test_no_server_certificate_outlives_the_ca(tmp_path: Path) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    late = NOW + timedelta(days=20 * 365 - 10)
    issued = ensure_certificates(tmp_path, NAMES, now=late)
    assert issued.expires == certificate(tmp_path / "ca.pem").not_valid_after_utc
    assert ensure_certificates(tmp_path, NAMES, now=late).renewed == ()


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("ca.pem", b"damaged", r"ca\.pem holds no readable certificate"),
        ("ca.key", b"damaged", r"ca\.key holds no readable private key"),
    ],
)
def test_a_damaged_ca_is_an_error_that_names_the_file(
    tmp_path: Path, file: str, content: bytes, words: str
) -> None:
    ensure_certificates(tmp_path, NAMES, now=NOW)
    (tmp_path / file).write_bytes(content)
    with pytest.raises(PkiError, match=words):
        ensure_certificates(tmp_path, NAMES, now=NOW)
    assert (tmp_path / file).read_bytes() == content


def test_a_key_of_another_ca_is_an_error(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    ensure_certificates(ours, NAMES, now=NOW)
    ensure_certificates(other, NAMES, now=NOW)
    (ours / "ca.key").write_bytes((other / "ca.key").read_bytes())
    with pytest.raises(PkiError, match="is not the key of"):
        ensure_certificates(ours, NAMES, now=NOW)


def test_a_ca_key_without_rsa_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.key").write_bytes(pki._pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(PkiError, match="is not an RSA key"):
        ensure_certificates(tmp_path, NAMES, now=NOW)


def test_parallel_first_calls_agree_on_one_ca(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=ensure_certificates, args=(tmp_path, NAMES), kwargs={"now": NOW})
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(contents(tmp_path)) == FILES
    ca = certificate(tmp_path / "ca.pem")
    for name in SERVERS:
        certificate(tmp_path / name).verify_directly_issued_by(ca)


def test_a_context_without_its_files_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(PkiError, match=r"server-ecdsa\.pem cannot be used .*manage\.py"):
        pki.server_context(tmp_path, "compat")
