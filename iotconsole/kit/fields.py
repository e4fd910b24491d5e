"""A text field whose value is encrypted at rest."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class DecryptionError(Exception):
    """A stored value cannot be read with any of FIELD_KEYS."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(plain: str) -> str:
    """Encrypt with the first of FIELD_KEYS. The result is printable ASCII."""
    return _cipher(tuple(settings.FIELD_KEYS)).encrypt(plain.encode()).decode()


def decrypt(stored: str) -> str:
    """Decrypt with whichever of FIELD_KEYS fits; raises DecryptionError when none does."""
    try:
        return _cipher(tuple(settings.FIELD_KEYS)).decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise DecryptionError("stored secret does not fit any of FIELD_KEYS") from error


def encrypt_bytes(plain: bytes) -> bytes:
    """The same for whole files and parts of them."""
    return _cipher(tuple(settings.FIELD_KEYS)).encrypt(plain)


def decrypt_bytes(stored: bytes) -> bytes:
    """The bytes of `encrypt_bytes`; raises DecryptionError when none of FIELD_KEYS fits."""
    try:
        return _cipher(tuple(settings.FIELD_KEYS)).decrypt(stored)
    except InvalidToken as error:
        raise DecryptionError("stored data does not fit any of FIELD_KEYS") from error


def fits(stored: str | bytes, keys: Sequence[str]) -> bool:
    """Whether one of these keys opens what was stored."""
    try:
        _cipher(tuple(keys)).decrypt(stored)
    except InvalidToken:
        return False
    return True


def key_name(key: str) -> str:
    """How a key is called where people compare keys: a digest of it, eight hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


class EncryptedTextField(_TextField):
    """Text in Python, Fernet ciphertext in the database. It cannot be searched or ordered by."""

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return None if value is None else decrypt(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        # Every encryption differs, so equality in SQL would silently find nothing.
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
