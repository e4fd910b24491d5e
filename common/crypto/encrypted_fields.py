"""A text field whose value is encrypted at rest."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

from common.crypto.encryption import DecryptionError, Keyring

__all__ = [
    "DecryptionError",
    "EncryptedTextField",
    "decrypt",
    "decrypt_bytes",
    "encrypt",
    "encrypt_bytes",
    "fits",
    "is_latest",
    "key_name",
]

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


@lru_cache(maxsize=4)
def _keyring(keys: tuple[str, ...]) -> Keyring:
    return Keyring(keys)


def encrypt(plain: str) -> str:
    """Encrypt with the first of FIELD_KEYS. The result is printable ASCII."""
    return encrypt_bytes(plain.encode()).decode()


def decrypt(stored: str) -> str:
    """Decrypt with whichever of FIELD_KEYS fits; raises DecryptionError when none does."""
    return decrypt_bytes(stored.encode()).decode()


def encrypt_bytes(plain: bytes) -> bytes:
    """The same for whole files and parts of them."""
    return _keyring(tuple(settings.FIELD_KEYS)).seal(plain)


def decrypt_bytes(stored: bytes) -> bytes:
    """The bytes of `encrypt_bytes`; raises DecryptionError when none of FIELD_KEYS fits."""
    return _keyring(tuple(settings.FIELD_KEYS)).open(stored)


def fits(stored: str | bytes, keys: Sequence[str]) -> bool:
    """Whether one of these keys opens what was stored."""
    try:
        _keyring(tuple(keys)).open(_as_bytes(stored))
    except DecryptionError:
        return False
    return True


def is_latest(stored: str | bytes) -> bool:
    """Whether the first of FIELD_KEYS sealed it, as this version does."""
    return _keyring(tuple(settings.FIELD_KEYS)).is_latest(_as_bytes(stored))


def _as_bytes(stored: str | bytes) -> bytes:
    return stored.encode() if isinstance(stored, str) else stored


def key_name(key: str) -> str:
    """How a key is called where people compare keys: a digest of it, eight hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


class EncryptedTextField(_TextField):
    """Text in Python, ciphertext in the database. It cannot be searched or ordered by."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return None if value is None else decrypt(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        # Every encryption differs, so equality in SQL would silently find nothing.
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
