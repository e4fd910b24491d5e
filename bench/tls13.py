"""The least of TLS 1.3 that a device under load needs, without I/O: one suite, one curve.

OpenSSL's client costs nearly twice what its server does, most of it for reading the certificate,
and would take the cores that are to be measured. To the server nothing differs from any other full
handshake. What is left out is the client's own affair: neither certificate nor signature is
checked (the tests' clients do that), and every client has the same key.
"""

import hashlib
import hmac
import struct
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_HASH = "sha384"  # TLS_AES_256_GCM_SHA384, which the server prefers
_LENGTH = 48
_CHANGE_CIPHER, _ALERT, _HANDSHAKE, _DATA = 20, 21, 22, 23
_SERVER_HELLO, _FINISHED = 2, 20
_KEY_SHARE = 51
_CLOSE_NOTIFY = b"\x01\x00"

_KEY = X25519PrivateKey.generate()


class TlsError(Exception):
    """The server did not do as it must; the text says what."""


def _expansion(label: str, length: int) -> bytes:
    """HKDF-Expand-Label's info, up to the context's length (RFC 8446, 7.1)."""
    name = b"tls13 " + label.encode()
    return struct.pack("!HB", length, len(name)) + name


_NO_CONTEXT = b"\x00\x01"
_KEY_INFO = _expansion("key", 32) + _NO_CONTEXT
_IV_INFO = _expansion("iv", 12) + _NO_CONTEXT
_FINISHED_INFO = _expansion("finished", _LENGTH) + _NO_CONTEXT


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, _HASH)


def _derive(secret: bytes, info: bytes, transcript: bytes) -> bytes:
    return _hmac(secret, info + bytes((_LENGTH,)) + transcript + b"\x01")


def _digest(*messages: bytes) -> bytes:
    return hashlib.new(_HASH, b"".join(messages), usedforsecurity=False).digest()


_DERIVED = _expansion("derived", _LENGTH)
_CLIENT_HANDSHAKE = _expansion("c hs traffic", _LENGTH)
_SERVER_HANDSHAKE = _expansion("s hs traffic", _LENGTH)
_CLIENT_DATA = _expansion("c ap traffic", _LENGTH)
_SERVER_DATA = _expansion("s ap traffic", _LENGTH)
_ZEROS = bytes(_LENGTH)
_NOTHING = _digest()
# The same for everybody: there is no key from an earlier session.
_EARLY = _derive(_hmac(_ZEROS, _ZEROS), _DERIVED, _NOTHING)


def _hello() -> bytes:
    """A ClientHello as other libraries send it: with a server name, asking for session tickets."""
    public = _KEY.public_key().public_bytes_raw()
    name = b"localhost"
    extensions = (
        (0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name),  # server_name
        (10, b"\x00\x02\x00\x1d"),  # supported_groups: x25519
        (13, b"\x00\x08\x04\x03\x08\x04\x04\x01\x08\x05"),  # signature_algorithms, ECDSA first
        (43, b"\x02\x03\x04"),  # supported_versions: 1.3
        (45, b"\x01\x01"),  # psk_key_exchange_modes: what makes the server send tickets
        (_KEY_SHARE, b"\x00\x24\x00\x1d\x00\x20" + public),
    )
    packed = b"".join(struct.pack("!HH", kind, len(data)) + data for kind, data in extensions)
    body = b"\x03\x03" + bytes(range(32)) + b"\x20" + bytes(range(32))
    body += b"\x00\x02\x13\x02\x01\x00" + struct.pack("!H", len(packed)) + packed
    return b"\x01" + struct.pack("!I", len(body))[1:] + body


_CLIENT_HELLO = _hello()
# The first thing to send.
HELLO = b"\x16\x03\x01" + struct.pack("!H", len(_CLIENT_HELLO)) + _CLIENT_HELLO


class _Direction:
    """Keys of one side, and how many records it has sent under them."""

    __slots__ = ("_cipher", "_iv", "_number")

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(_hmac(secret, _KEY_INFO)[:32])
        self._iv = int.from_bytes(_hmac(secret, _IV_INFO)[:12], "big")
        self._number = 0

    def seal(self, kind: int, data: bytes) -> bytes:
        header = b"\x17\x03\x03" + struct.pack("!H", len(data) + 17)
        return header + self._cipher.encrypt(self._nonce(), data + bytes((kind,)), header)

    def open(self, header: bytes, sealed: bytes) -> tuple[int, bytes]:
        try:
            inner = self._cipher.decrypt(self._nonce(), sealed, header).rstrip(b"\x00")
        except InvalidTag:
            raise TlsError("a record that cannot be read") from None
        return inner[-1], inner[:-1]

    def _nonce(self) -> bytes:
        self._number += 1
        return (self._iv ^ (self._number - 1)).to_bytes(12, "big")


class Client:
    """`HELLO` has been sent. Feed it what comes; once it is `ready`, send `finished` and seal."""

    __slots__ = ("_buffer", "_client", "_flight", "_hello", "_secrets", "_server", "finished")

    def __init__(self) -> None:
        self.finished = b""
        self._buffer = b""
        self._flight = b""
        self._hello = b""
        self._secrets = (b"", b"", b"")  # of the handshake: its own, the client's, the server's
        self._server: _Direction | None = None
        self._client: _Direction | None = None

    @property
    def ready(self) -> bool:
        return bool(self.finished)

    def feed(self, data: bytes) -> bytes:
        """The data sent to the application. TlsError if the server is done or breaks the rules."""
        told = b""
        for header, body in self._records(data):
            if header[0] == _CHANGE_CIPHER:
                continue
            kind, content = self._server.open(header, body) if self._server else (header[0], body)
            if kind == _ALERT:
                raise TlsError("closed over TLS" if content[1:] == b"\x00" else "a TLS alert")
            if kind == _HANDSHAKE and not self.ready:
                self._handshake(content)
            elif kind == _DATA:
                told += content
        return told

    def seal(self, data: bytes) -> bytes:
        assert self._client is not None
        return self._client.seal(_DATA, data)

    def close(self) -> bytes:
        """The farewell, once it is ready."""
        return self._client.seal(_ALERT, _CLOSE_NOTIFY) if self.ready and self._client else b""

    def _records(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        buffer, at = self._buffer + data, 0
        while len(buffer) >= at + 5:
            end = at + 5 + (buffer[at + 3] << 8 | buffer[at + 4])
            if len(buffer) < end:
                break
            yield buffer[at : at + 5], buffer[at + 5 : end]
            at = end
        self._buffer = buffer[at:]

    def _handshake(self, content: bytes) -> None:
        if self._server is None:
            self._take_hello(content)
            return
        self._flight += content
        if _last_message(self._flight) == _FINISHED:
            self._finish()

    def _take_hello(self, hello: bytes) -> None:
        share = _key_share(hello)
        shared = _KEY.exchange(X25519PublicKey.from_public_bytes(share))
        transcript = _digest(_CLIENT_HELLO, hello)
        self._hello = hello
        secret = _hmac(_EARLY, shared)
        server = _derive(secret, _SERVER_HANDSHAKE, transcript)
        self._secrets = secret, _derive(secret, _CLIENT_HANDSHAKE, transcript), server
        self._server = _Direction(server)

    def _finish(self) -> None:
        """Check the server's Finished, which proves that both have the same keys, and make ours."""
        secret, client, server = self._secrets
        unsigned = _digest(_CLIENT_HELLO, self._hello, self._flight[: -_LENGTH - 4])
        if _hmac(_hmac(server, _FINISHED_INFO), unsigned) != self._flight[-_LENGTH:]:
            raise TlsError("a wrong Finished")
        whole = _digest(_CLIENT_HELLO, self._hello, self._flight)
        proof = _hmac(_hmac(client, _FINISHED_INFO), whole)
        self.finished = _Direction(client).seal(_HANDSHAKE, b"\x14\x00\x00\x30" + proof)
        master = _hmac(_derive(secret, _DERIVED, _NOTHING), _ZEROS)
        self._client = _Direction(_derive(master, _CLIENT_DATA, whole))
        self._server = _Direction(_derive(master, _SERVER_DATA, whole))
        self._flight = self._hello = b""
        self._secrets = (b"", b"", b"")


def _last_message(flight: bytes) -> int | None:
    """The type of the last handshake message, when it is there as a whole."""
    at, kind = 0, None
    while at + 4 <= len(flight):
        kind, at = flight[at], at + 4 + int.from_bytes(flight[at + 1 : at + 4], "big")
    return kind if at == len(flight) else None


def _key_share(hello: bytes) -> bytes:
    if hello[0] != _SERVER_HELLO or len(hello) < 44:
        raise TlsError("no ServerHello")
    at = 4 + 2 + 32 + 1 + hello[38] + 2 + 1 + 2
    while at + 4 <= len(hello):
        kind, length = struct.unpack_from("!HH", hello, at)
        if kind == _KEY_SHARE and length == 36:
            return hello[at + 8 : at + 40]
        at += 4 + length
    raise TlsError("another curve than X25519")
