"""Device credentials: shapes (protocol.md 5.1) and generators, from `secrets`."""

import hashlib
import hmac
import secrets
from functools import lru_cache

from common.crypto.encrypted_fields import decrypt, encrypt
from common.crypto.identifiers import alphanumeric, digits

DEVICE_TOKEN_LENGTH = 32
# Of a generated DeviceName.
NAME_LENGTH = 20


def new_device_secret() -> str:
    """32 lower-case hex digits."""
    return secrets.token_hex(16)


def new_iot_id() -> str:
    """27 characters that end in 000100, like the platform's IotId."""
    return alphanumeric(21) + "000100"


def new_client_id() -> str:
    """28 characters that end in six digits: the C SDK's buffer leaves room for 69."""
    return alphanumeric(22) + digits(6)


def new_device_token() -> str:
    """32 alphanumerics (190 bits): the C SDK's buffer holds 63, its parser knows no escapes."""
    return alphanumeric(DEVICE_TOKEN_LENGTH)


def new_device_name(length: int = NAME_LENGTH) -> str:
    """Alphanumerics, for a device added without a name."""
    return alphanumeric(length)


def token_digest(token: str) -> str:
    """SHA-256 in hex. A token is 190 random bits, so a slow or salted hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_matches(token: bytes, digest: str) -> bool:
    """Compare a presented token with a stored digest, in constant time."""
    return hmac.compare_digest(hashlib.sha256(token).hexdigest(), digest)


@lru_cache(maxsize=1)
def _decoy_ciphertext() -> str:
    return encrypt(alphanumeric(16))


def decoy_secret() -> str:
    """A key that belongs to nothing, at the price of reading a real one from the database.

    Checking a signature with it makes an unknown name cost what a wrong signature costs.
    """
    return decrypt(_decoy_ciphertext())
