"""Why a signature is wrong: which of the usual mistakes, alone or two at once, would make it.

Up to some 700 digests for the right key, two milliseconds, and 54 for each other one. Not in
constant time: call it when the device has its answer already. The facts about content and key are
those of signing.py; the mistakes are those people report and the documents invite (protocol.md 1.2,
2.1).
"""

import base64
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from protocol.signing import DIGESTS, SignMethod, sign
from protocol.validators import RegistrationParams, SignatureParams

# What C examples sign, whether it is sent or not (protocol.md 4.1).
_C_TIMESTAMP = "2524608000000"
# So many hex digits that agree cannot agree by chance.
_TELLING = 16

Hints = tuple[str, ...]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Key:
    """A secret that may have been used. `hint` names it when it is not the right one, else ""."""

    secret: str = field(repr=False)
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Variant:
    """Something tried in place of the right thing; no hint when it is the right thing."""

    value: bytes = field(repr=False)
    hint: str = ""


def explain_signature(
    params: RegistrationParams | SignatureParams,
    presented: bytes,
    keys: Sequence[Key],
    client_id: str = "",
) -> Hints:
    """Keys of logs.refusal_hints.HINTS that together explain `presented`; empty when nothing does.

    `keys` begins with the right one; `client_id` is the whole one, as sent.
    """
    given = _Presented(presented)
    secrets = [variant for key in keys for variant in _secrets(key)]
    contents = list(_contents(params, client_id))
    for method, secret, content in _tries(params.sign_method, secrets, contents):
        how = given.matches(method, secret.value, content.value)
        if how is not None:
            other = "" if method is params.sign_method else f"method_{method.value}"
            return tuple(filter(None, (secret.hint, content.hint, other, how)))
    return ("not_keyed",) if given.is_plain_digest_of(contents[0].value) else ()


def _tries(
    right: SignMethod, secrets: Sequence[_Variant], contents: Sequence[_Variant]
) -> Iterator[tuple[SignMethod, _Variant, _Variant]]:
    """One mistake at a time first, so that the simplest explanation is found."""
    others = [method for method in SignMethod if method is not right]
    yield from ((right, secret, contents[0]) for secret in secrets)
    yield from ((right, secrets[0], content) for content in contents[1:])
    yield from ((method, secret, contents[0]) for method in others for secret in secrets)
    yield from ((method, secrets[0], content) for method in others for content in contents[1:])
    yield from ((right, *both) for both in itertools.product(secrets[1:], contents[1:]))


class _Presented:
    """The password, in the forms in which a right digest may hide in it."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._bare = raw.strip(b' \t\r\n\0"').lower()

    def matches(self, method: SignMethod, secret: bytes, content: bytes) -> str | None:
        """None when it is another signature; else what is wrong with its form, mostly nothing."""
        expected = sign(method, secret, content)
        if self._bare == expected.encode():
            return "" if len(self._bare) == len(self._raw) else "password_padded"
        if _TELLING <= len(self._bare) < len(expected) and expected.startswith(
            self._bare.decode("latin-1")
        ):
            return "password_cut"
        if self._raw.strip() == base64.b64encode(bytes.fromhex(expected)):
            return "password_base64"
        return None

    def is_plain_digest_of(self, content: bytes) -> bool:
        """Without a key: `sha256` once was a signmethod of the platform."""
        digests = (hashlib.new(n, content, usedforsecurity=False) for n in DIGESTS.values())
        return any(self._bare == digest.hexdigest().encode() for digest in digests)


def _secrets(key: Key) -> Iterator[_Variant]:
    """The key, and what becomes of it in a header file, a shell, an editor.

    A NUL at its end is no mistake: HMAC fills short keys up with NULs.
    """
    secret = key.secret
    raw = secret.encode()
    yield _Variant(raw, key.hint)
    changed: Iterable[tuple[bytes, str]] = (
        (raw + b"\n", "secret_newline"),
        (raw + b"\r\n", "secret_newline"),
        (raw + b"\r", "secret_newline"),
        (raw + b" ", "secret_space"),
        (b" " + raw, "secret_space"),
        (secret.upper().encode(), "secret_case"),
        (secret.lower().encode(), "secret_case"),
        (b'"' + raw + b'"', "secret_quotes"),
        (raw[:-1], "secret_cut"),
        (raw[1:], "secret_cut"),
        (_decoded(secret), "secret_decoded"),
    )
    # Only of the right key: a wrong key that is also misspelt is too far a guess.
    if not key.hint:
        yield from (_Variant(value, hint) for value, hint in changed if value not in (b"", raw))


def _decoded(secret: str) -> bytes:
    try:
        return bytes.fromhex(secret)
    except ValueError:
        return b""


def _contents(params: RegistrationParams | SignatureParams, client_id: str) -> Iterator[_Variant]:
    right = params.content
    yield _Variant(right)
    pairs = _pairs(params)
    for order in itertools.permutations(pairs):
        yield _Variant(_joined(order), "order")
    yield from _without(params, pairs)
    yield from _renamed(pairs)
    yield from _written_otherwise(pairs)
    if isinstance(params, SignatureParams):
        yield from _other_client_ids(params, pairs)
        yield _Variant(_joined([("clientId", client_id), *pairs[1:]]), "clientId_whole")
    yield from (_Variant(right + end, "content_end") for end in (b"\0", b"\n", b"\r\n", b" "))


def _pairs(params: RegistrationParams | SignatureParams) -> list[Pair]:
    """Yield the pairs to sign, in order."""
    names = [("deviceName", params.device_name), ("productKey", params.product_key)]
    if isinstance(params, RegistrationParams):
        return [*names, ("random", params.random)]
    timestamp = [] if params.timestamp is None else [("timestamp", params.timestamp)]
    return [("clientId", params.client_id_base), *names, *timestamp]


def _without(
    params: RegistrationParams | SignatureParams, pairs: Sequence[Pair]
) -> Iterator[_Variant]:
    """Fields too few or too many."""
    for left_out in pairs:
        yield _Variant(_joined(p for p in pairs if p != left_out), f"{left_out[0]}_missing")
    if isinstance(params, RegistrationParams):
        yield _Variant(_joined([("clientId", params.client_id_base), *pairs]), "clientId_signed")
    elif params.timestamp is None:
        yield _Variant(_joined([*pairs, ("timestamp", _C_TIMESTAMP)]), "timestamp_not_sent")


def _renamed(pairs: Sequence[Pair]) -> Iterator[_Variant]:
    """Right fields, other letters."""
    yield _Variant(_joined((n.lower(), v) for n, v in pairs), "names_case")
    for name, hint in (("deviceName", "device_name_case"), ("productKey", "product_key_case")):
        for change in (str.upper, str.lower):
            yield _Variant(_joined((n, change(v) if n == name else v) for n, v in pairs), hint)
    values = dict(pairs)
    swapped = {"deviceName": values["productKey"], "productKey": values["deviceName"]}
    yield _Variant(_joined((values | swapped).items()), "names_swapped")


def _written_otherwise(pairs: Sequence[Pair]) -> Iterator[_Variant]:
    """Right fields, put together in another way."""
    for between, after in (("=", "&"), ("=", ","), ("", "&"), ("", ","), ("", " "), (":", ",")):
        yield _Variant(after.join(f"{n}{between}{v}" for n, v in pairs).encode(), "separators")
    yield _Variant("".join(value for _, value in pairs).encode(), "values_only")


def _other_client_ids(params: SignatureParams, pairs: Sequence[Pair]) -> Iterator[_Variant]:
    """A clientId in the signature that is not the one in front of the first |."""
    name, key = params.device_name, params.product_key
    for base in (f"{key}.{name}", f"{name}.{key}", f"{key}&{name}", f"{name}&{key}", name):
        yield _Variant(_joined([("clientId", base), *pairs[1:]]), "clientId_other")


def _joined(pairs: Iterable[Pair]) -> bytes:
    return "".join(name + value for name, value in pairs).encode()
