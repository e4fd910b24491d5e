"""The platform's signatures: HMAC in hex over sorted name-value pairs without separators.

Facts: protocol.md 1.2 (registration, keyed by the ProductSecret) and protocol.md 2.1 (connection,
keyed by the DeviceSecret).
"""

import enum
import hmac


class SignMethod(enum.Enum):
    """Values of `signmethod`. The platform's older, unkeyed `sha256` is not offered."""

    HMACMD5 = "hmacmd5"
    HMACSHA1 = "hmacsha1"
    HMACSHA256 = "hmacsha256"

    @classmethod
    def parse(cls, text: str) -> "SignMethod | None":
        """The method named by `text` in any case (the documents spell `HmacMD5` too), or None."""
        return _METHODS.get(text.lower())


_METHODS = {method.value: method for method in SignMethod}
DIGESTS = {
    SignMethod.HMACMD5: "md5",
    SignMethod.HMACSHA1: "sha1",
    SignMethod.HMACSHA256: "sha256",
}


def registration_content(device_name: str, product_key: str, random: str) -> bytes:
    """Content that a registration signs; clientId, securemode and instanceId are no part of it."""
    return f"deviceName{device_name}productKey{product_key}random{random}".encode()


def connection_content(
    client_id_base: str, device_name: str, product_key: str, timestamp: str | None
) -> bytes:
    """Content that a connection signs. `timestamp` is None if not sent; an empty one is signed."""
    content = f"clientId{client_id_base}deviceName{device_name}productKey{product_key}"
    if timestamp is not None:
        content += f"timestamp{timestamp}"
    return content.encode()


def sign(method: SignMethod, key: str | bytes, content: bytes) -> str:
    """The signature of `content`, in lower-case hex."""
    secret = key.encode() if isinstance(key, str) else key
    return hmac.digest(secret, content, DIGESTS[method]).hex()


def verify(method: SignMethod, key: str | bytes, content: bytes, presented: bytes) -> bool:
    """Whether `presented` is the signature of `content`, in constant time and either case.

    Devices send upper case (C, Java) and lower case (Python, Node). Any bytes may be presented.
    """
    expected = sign(method, key, content).encode()
    # bytes.lower() touches ASCII letters only, so no other bytes can become hex digits.
    return hmac.compare_digest(expected, presented.lower())
