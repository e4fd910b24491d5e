"""The local certificate authority and the listener's two server certificates.

Everything is a file in one directory:

    ca.pem            what devices and tools are given to trust; holds no secret
    ca.key            its key, 0600; may be kept elsewhere while no certificate is due
    server-ecdsa.pem  key and certificate in one file, 0600, so that they are replaced together
    server-rsa.pem    the same, for clients without elliptic curves

The CA is made once, for 20 years, and never again: devices in the field trust this one. Server
certificates last 397 days (clients of the web PKI reject more than 398) and are made anew when
less than 30 are left or the machine's names have changed.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from common.ops.files import locked, write_atomically
from registration.certificate_names import CertificateNames

Profile = Literal["compat", "modern"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

CA_LIFETIME = timedelta(days=20 * 365)
SERVER_LIFETIME = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
# A device whose clock is a little slow must not find the certificate "not yet valid".
BACKDATED = timedelta(days=1)
COMMON_NAME_LIMIT = 64  # RFC 5280, ub-common-name

CA_CERTIFICATE = "ca.pem"
CA_KEY = "ca.key"
SERVER_ECDSA = "server-ecdsa.pem"
SERVER_RSA = "server-rsa.pem"

# Forward secrecy and authenticated encryption only (the TLS 1.3 suites are always on).
MODERN_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
# The C Link SDK offers nothing but RSA key exchange with AES-CBC over TLS 1.2 (protocol.md 4.1).
# Those come last: a client that can do better never gets them.
COMPAT_CIPHERS = (
    f"{MODERN_CIPHERS}:ECDHE+AES:AES256-GCM-SHA384:AES128-GCM-SHA256:"
    "AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA"
)


class PkiError(Exception):
    """The certificates cannot be made or used; the text says which file and what to do."""


@dataclass(frozen=True)
class Issued:
    """Result of `ensure_certificates`. `renewed` names the files it wrote."""

    ca: Path
    expires: datetime
    renewed: tuple[str, ...]


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    # None when ca.key is kept elsewhere.
    key: rsa.RSAPrivateKey | None


def ensure_certificates(
    directory: Path, names: CertificateNames, *, now: datetime | None = None, force: bool = False
) -> Issued:
    """Make whatever is missing, due or made out to other names; with `force`, both server files.

    Safe to call at any time and from several processes. Raises PkiError when the CA is damaged,
    expired, or needed while its key is away.
    """
    now = now or datetime.now(UTC)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(directory):
        authority = _authority(directory, now)
        due = [
            file
            for file in (SERVER_ECDSA, SERVER_RSA)
            if force or not _is_current(directory / file, authority.certificate, names, now)
        ]
        for file in due:
            write_atomically(
                directory / file, _issue_server(directory, file, authority, names, now)
            )
        certificates = [_load_certificate(directory / file) for file in (SERVER_ECDSA, SERVER_RSA)]
    expires = min(certificate.not_valid_after_utc for certificate in certificates)
    return Issued(directory / CA_CERTIFICATE, expires, tuple(due))


def server_context(directory: Path, profile: Profile) -> ssl.SSLContext:
    """A context for TLS 1.2 and 1.3 that holds both certificates.

    Clients with elliptic curves are shown the ECDSA certificate, which costs the server less, all
    others the RSA one. `modern` refuses RSA key exchange and CBC, and so the C Link SDK.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # One handshake for a connection: those of TLS 1.2 could be asked for again and again.
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(COMPAT_CIPHERS if profile == "compat" else MODERN_CIPHERS)
    # A sixth of a handshake goes into tickets with which TLS 1.3 would be resumed. Link SDKs do not
    # resume, and where several processes serve, mostly another one would be asked to.
    context.num_tickets = 0
    load_certificates(context, directory)
    return context


def load_certificates(context: ssl.SSLContext, directory: Path) -> None:
    """Load both certificates; again on a context in use, and new connections get the new ones."""
    for file in (SERVER_ECDSA, SERVER_RSA):
        try:
            context.load_cert_chain(directory / file)
        except (OSError, ssl.SSLError) as error:
            raise PkiError(
                f"{directory / file} cannot be used ({error}). `manage.py certificates` makes it."
            ) from error


# --- The authority ------------------------------------------------------------------------
def _authority(directory: Path, now: datetime) -> _Authority:
    certificate_file, key_file = directory / CA_CERTIFICATE, directory / CA_KEY
    if not certificate_file.exists():
        _create_authority(certificate_file, key_file, now)
    certificate = _load_certificate(certificate_file)
    key = _load_ca_key(key_file) if key_file.exists() else None
    if key is not None and key.public_key() != certificate.public_key():
        raise PkiError(f"{key_file} is not the key of {certificate_file}; put the right one there.")
    if certificate.not_valid_after_utc <= now:
        raise PkiError(
            f"{certificate_file} expired on {certificate.not_valid_after_utc:%Y-%m-%d}. Move "
            f"{directory} away to make a new one, and give every device the new ca.pem."
        )
    return _Authority(certificate, key)


def _create_authority(certificate_file: Path, key_file: Path, now: datetime) -> None:
    """Key first: after a crash in between, the certificate is made for the key that is there."""
    if not key_file.exists():
        write_atomically(key_file, _pem(rsa.generate_private_key(65537, 2048)))
    key = _load_ca_key(key_file)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # Of the key, so that two installations can be told apart and the same key has the same name.
    name = _name(f"IoT Device Console local CA {identifier.digest.hex()[:8]}")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(_authority_identifier(identifier), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    write_atomically(
        certificate_file, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644
    )


def _load_ca_key(file: Path) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        # The cause may quote the file, so it is left out.
        raise PkiError(f"{file} holds no readable private key; restore it.") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise PkiError(f"{file} is not an RSA key; devices without elliptic curves need one.")
    return key


# --- Server certificates ------------------------------------------------------------------
def _issue_server(
    directory: Path, file: str, authority: _Authority, names: CertificateNames, now: datetime
) -> bytes:
    """Key and certificate, PEM, in one piece."""
    if authority.key is None:
        raise PkiError(
            f"{directory / file} is due and {directory / CA_KEY} is not there to sign it. Put the "
            "key back and run `manage.py certificates`."
        )
    key: PrivateKey = (
        ec.generate_private_key(ec.SECP256R1())
        if file == SERVER_ECDSA
        else rsa.generate_private_key(65537, 2048)
    )
    certificate = _server_certificate(key, authority, names, now).sign(
        authority.key, hashes.SHA256()
    )
    return _pem(key) + certificate.public_bytes(serialization.Encoding.PEM)


def _server_certificate(
    key: PrivateKey, authority: _Authority, names: CertificateNames, now: datetime
) -> x509.CertificateBuilder:
    issuer = authority.certificate
    issuer_identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # RSA key exchange encrypts with the certificate's key, so it must be allowed to.
    usage = _key_usage(enciphers_keys=isinstance(key, rsa.RSAPrivateKey))
    return (
        x509.CertificateBuilder()
        .subject_name(_name(names.primary[:COMMON_NAME_LIMIT]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(min(now + SERVER_LIFETIME - BACKDATED, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(_authority_identifier(issuer_identifier), critical=False)
        .add_extension(_alternative_names(names), critical=False)
    )


def _alternative_names(names: CertificateNames) -> x509.SubjectAlternativeName:
    """IPv4 addresses stand there twice, also as DNS names.

    The C Link SDK v3 hands any host to mbedtls_ssl_set_hostname, and mbedTLS 2 compares it with
    DNS names only, even when it is an address. Clients that know IP entries ignore the others.
    """
    addresses = sorted(names.addresses, key=lambda address: (address.version, int(address)))
    dns = [*sorted(names.dns), *(str(address) for address in addresses if address.version == 4)]
    return x509.SubjectAlternativeName([*map(x509.DNSName, dns), *map(x509.IPAddress, addresses)])


def _is_current(
    file: Path, issuer: x509.Certificate, names: CertificateNames, now: datetime
) -> bool:
    try:
        certificate = _load_certificate(file)
        certificate.verify_directly_issued_by(issuer)
        serialization.load_pem_private_key(file.read_bytes(), password=None)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, PkiError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    # Near the end of the CA its certificates end with it, and a new one would last no longer.
    last = min(now + RENEW_BEFORE, issuer.not_valid_after_utc)
    return found == _alternative_names(names) and certificate.not_valid_after_utc >= last


# --- Small pieces -------------------------------------------------------------------------
def _load_certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except ValueError as error:
        raise PkiError(f"{file} holds no readable certificate; restore it.") from error


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _authority_identifier(identifier: x509.SubjectKeyIdentifier) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _key_usage(*, signs_certificates: bool = False, enciphers_keys: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=enciphers_keys,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
