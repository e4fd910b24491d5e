"""The texts that requests to the RPC API sign, and their signatures (console_api.md 3.3).

Headers and parameters come as they are used: nothing is changed here that the caller would use
unchanged, or a signature would hold for more than one request.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence

from protocol.rpc_fields import Pair

V3_ALGORITHM = "ACS3-HMAC-SHA256"
_RESERVED = re.compile(rb"[^A-Za-z0-9\-_.~]+")


def v1_string_to_sign(method: str, parameters: Iterable[Pair]) -> str:
    """`parameters` with those of a form body, without `Signature`."""
    encoded = canonical_query(parameters)
    for reserved, escape in (("%", "%25"), ("=", "%3D"), ("&", "%26")):  # all that are left in it
        encoded = encoded.replace(reserved, escape)
    return f"{method}&%2F&{encoded}"


def v3_string_to_sign(
    method: str, path: str, query: Iterable[Pair], signed: Sequence[Pair], body_sha256: str
) -> str:
    """`signed` are the signed headers with their values as they are used, in the order they were
    signed in."""
    lines = [method, path, canonical_query(query)]
    lines += [f"{name}:{value}" for name, value in signed]
    lines += ["", ";".join(name for name, _ in signed), body_sha256]
    return f"{V3_ALGORITHM}\n{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"


def sign_v1(string_to_sign: str, secret: str) -> str:
    digest = hmac.digest(f"{secret}&".encode(), string_to_sign.encode(), "sha1")
    return base64.b64encode(digest).decode()


def sign_v3(string_to_sign: str, secret: str) -> str:
    return hmac.digest(secret.encode(), string_to_sign.encode(), "sha256").hex()


def canonical_query(pairs: Iterable[Pair]) -> str:
    """Sorted by name, as all official clients do: by `name=value`, DeviceName.10 would come
    before DeviceName.1."""
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in sorted(pairs))


def encode(text: str) -> str:
    """RFC 3986: all but letters, digits and - _ . ~ as the %XX of their UTF-8."""
    return _RESERVED.sub(_escaped, text.encode()).decode()


def _escaped(run: re.Match[bytes]) -> bytes:
    return b"%" + run[0].hex("%").upper().encode()
