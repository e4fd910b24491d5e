"""How secrets are sealed at rest: AES-256-GCM, by keys that are derived from FIELD_KEYS.

A sealed value is printable ASCII: `2.`, eight characters that name the key, and in Base64 a random
nonce of 96 bits with what it encrypts. Random nonces are safe for 2^32 values under one key. Values
that begin otherwise are Fernet's, which earlier versions wrote; they are read for ever, at six
times the price, until `manage.py reencrypt_secrets` has replaced them.
"""

import base64
import binascii
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"2."
_KEY_BYTES, _NAME_BYTES, _NONCE_BYTES = 32, 6, 12
_HEADER = len(_VERSION) + _NAME_BYTES * 4 // 3


class DecryptionError(Exception):
    """A stored value cannot be read with any of FIELD_KEYS."""


class Keyring:
    """Some of FIELD_KEYS: the first seals, all of them open."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        derived = [_derive(key) for key in keys]
        self._header, self._cipher = derived[0]
        self._ciphers = dict(derived)

    def seal(self, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, plain, None)
        return self._header + binascii.b2a_base64(sealed, newline=False)

    def open(self, stored: bytes) -> bytes:
        """Raises DecryptionError when none of the keys fits, or it is nothing sealed."""
        try:
            if not stored.startswith(_VERSION):
                return self._fernet.decrypt(stored)
            sealed = binascii.a2b_base64(stored[_HEADER:], strict_mode=True)
            nonce, encrypted = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return self._ciphers[stored[:_HEADER]].decrypt(nonce, encrypted, None)
        except (InvalidToken, InvalidTag, KeyError, ValueError) as error:
            raise DecryptionError("stored secret does not fit any of FIELD_KEYS") from error

    def is_latest(self, stored: bytes) -> bool:
        """Whether `seal` made it: by the first key, as values are sealed now."""
        try:
            self.open(stored)
        except DecryptionError:
            return False
        return stored.startswith(self._header)


def _derive(key: str) -> tuple[bytes, AESGCM]:
    """Return the prefix of values sealed by `key`, and the cipher. Neither reveals the key."""
    info = b"iotconsole.kit.encryption AES-256-GCM"
    hkdf = HKDF(SHA256(), _NAME_BYTES + _KEY_BYTES, salt=None, info=info)
    derived = hkdf.derive(base64.urlsafe_b64decode(key))
    name = base64.urlsafe_b64encode(derived[:_NAME_BYTES])
    return _VERSION + name, AESGCM(derived[_NAME_BYTES:])
