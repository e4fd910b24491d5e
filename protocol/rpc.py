"""Requests to the platform's RPC API (2018-01-20): taken apart, and signed in its two ways.

v1 signs every parameter with HMAC-SHA1 and puts `Signature` among them; v3 (ACS3-HMAC-SHA256)
signs headers, query and the hash of the body, and carries action and signature in headers.
Facts: console_api.md 3.1 to 3.4 and appendix C; where that leaves a choice, the official clients
(alibabacloud-tea-openapi 0.4, aliyun-python-sdk-core 2.16) were read and run.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from types import MappingProxyType

from protocol.rpc_fields import (
    Pair,
    RpcError,
    invalid,
    label,
    missing,
    once,
    pairs_of,
    pairs_of_body,
)
from protocol.rpc_signing import (
    V3_ALGORITHM,
    sign_v1,
    sign_v3,
    v1_string_to_sign,
    v3_string_to_sign,
)

__all__ = [
    "CLOCK_SKEW",
    "LONGEST_NONCE",
    "LONGEST_TOLD",
    "V3_ALGORITHM",
    "HttpRequest",
    "RpcRequest",
    "check_clock",
    "mismatch",
    "named_key",
    "parse",
    "sign_v1",
    "sign_v3",
    "timestamp",
    "v1_string_to_sign",
    "v3_string_to_sign",
    "wants_xml",
]

# How far the clock of a client may be off, either way.
CLOCK_SKEW = timedelta(minutes=15)
# The longest that official clients send is a UUID with a few digits.
LONGEST_NONCE = 128
# Printable ASCII without spaces: no server, proxy or database reads two of these as the same.
_NONCE = re.compile(r"[!-~]+")
# What HTTP allows around the value of a header (RFC 9110, 5.6.3). Other blanks are part of it.
_AROUND = " \t"
# Characters of a string to sign that is told back. That of a form of eight megabytes would have
# forty million.
LONGEST_TOLD = 64 * 1024

_FORM = "application/x-www-form-urlencoded"
_RESERVED = re.compile(rb"[^A-Za-z0-9\-_.~]+")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256\s+Credential=(?P<key>[^,\0]*),\s*SignedHeaders=(?P<headers>[^,]*),"
    r"\s*Signature=(?P<signature>[^,]*)",
    re.ASCII,
)
# Without these in the signature somebody on the way could ask for another thing.
_MUST_SIGN = (
    *("host", "x-acs-action", "x-acs-content-sha256", "x-acs-date"),
    *("x-acs-signature-nonce", "x-acs-version"),
)
_KEY = re.compile(r"&AccessKeyId=([A-Za-z0-9]{1,64})(?![^&])")
_FORMAT = re.compile(r"&Format=(json|xml)(?![^&])", re.IGNORECASE)
# Common parameters, which are no parameters of an action.
_COMMON = frozenset(
    {
        *("AccessKeyId", "Action", "Format", "RegionId", "SecurityToken", "Signature"),
        *("SignatureMethod", "SignatureNonce", "SignatureType", "SignatureVersion"),
        *("Timestamp", "Version"),
    }
)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """As it came. `headers` by their names in lower case; `query` still percent-encoded.

    Blanks around a header's value are dropped once, here, so that all readers see the same value.
    """

    method: str
    path: str
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        bare = {name: value.strip(_AROUND) for name, value in self.headers.items()}
        object.__setattr__(self, "headers", MappingProxyType(bare))

    @property
    def is_form(self) -> bool:
        return _media_type(self.headers.get("content-type", "")) == _FORM


@dataclass(frozen=True, slots=True)
class RpcRequest:
    """A request that says everything it must; whether it is signed by its key is not known yet."""

    action: str
    version: str
    access_key_id: str
    nonce: str
    sent_at: datetime
    parameters: Mapping[str, str] = field(repr=False)
    signature: str = field(repr=False)
    v3: bool
    signable: Callable[[], str] = field(repr=False, compare=False)

    @property
    def string_to_sign(self) -> str:
        """Made when it is first asked for: that of a large form takes a second, which nobody is
        given who names no access key."""
        return self.signable()

    def signed_with(self, secret: str) -> bool:
        """In constant time. The hex of v3 may come in either case."""
        sign, given = (sign_v3, self.signature.lower()) if self.v3 else (sign_v1, self.signature)
        expected = sign(self.string_to_sign, secret)
        return hmac.compare_digest(expected.encode(), given.encode(errors="replace"))


def parse(request: HttpRequest, *, body: bool = True) -> RpcRequest:
    """Raises RpcError. Without `body` its fields are left out; the signature of v3 needs none."""
    in_body = body and request.is_form
    pairs = [*pairs_of(request.query), *(pairs_of_body(request.body) if in_body else ())]
    if "authorization" in request.headers:
        return _parse_v3(request, pairs)
    return _parse_v1(request, pairs)


def named_key(request: HttpRequest) -> str:
    """The AccessKeyId as all clients write it, found without taking the parameters apart, which
    for a large form takes a second; empty when it is not there."""
    if "authorization" in request.headers:
        found = _AUTHORIZATION.fullmatch(request.headers["authorization"])
        return found["key"] if found else ""
    found = _searched(_KEY, request)
    return found[1] if found else ""


def wants_xml(request: HttpRequest) -> bool:
    """Whether the answer is to be XML: what `Format` says, for v1 without one, or `Accept`.

    Never raises: errors are answered in it too.
    """
    chosen = _searched(_FORMAT, request)
    if chosen:
        return chosen[1].lower() == "xml"
    if "authorization" in request.headers or "x-acs-action" in request.headers:
        return "xml" in request.headers.get("accept", "").lower()
    return True


def _searched(pattern: re.Pattern[str], request: HttpRequest) -> re.Match[str] | None:
    found = pattern.search(f"&{request.query}")
    if found is None and request.is_form:
        found = pattern.search("&" + request.body.decode("latin-1"))
    return found


def check_clock(request: RpcRequest, now: datetime) -> None:
    if abs(now - request.sent_at) > CLOCK_SKEW:
        raise RpcError("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def mismatch(request: RpcRequest) -> RpcError:
    """The old Python client reads what follows the colon, to tell a wrong secret from a wrong
    string; that of v1 holds no further colon, being percent-encoded."""
    text = "Specified signature is not matched with our calculation."
    told = request.string_to_sign
    if len(told) <= LONGEST_TOLD:
        text += f" server string to sign is:{told}"
    return RpcError("SignatureDoesNotMatch", text)


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _parse_v1(request: HttpRequest, pairs: Sequence[Pair]) -> RpcRequest:
    values = once(pairs)
    _require(values, "Action", "Version", "AccessKeyId", "Signature", "SignatureMethod")
    _require(values, "SignatureNonce", "SignatureVersion", "Timestamp")
    if values["SignatureMethod"].encode().upper() != b"HMAC-SHA1":
        raise invalid("SignatureMethod")
    if values["SignatureVersion"] != "1.0":
        raise invalid("SignatureVersion")
    signed = [(name, value) for name, value in pairs if name != "Signature"]
    return RpcRequest(
        action=values["Action"],
        version=values["Version"],
        access_key_id=values["AccessKeyId"],
        nonce=_nonce(values["SignatureNonce"]),
        sent_at=_moment(values["Timestamp"]),
        parameters=_of_action(values),
        signature=values["Signature"],
        v3=False,
        signable=cache(partial(v1_string_to_sign, request.method, signed)),
    )


def _parse_v3(request: HttpRequest, pairs: Sequence[Pair]) -> RpcRequest:
    headers, values = request.headers, once(pairs)
    found = _AUTHORIZATION.fullmatch(headers["authorization"])
    if found is None:
        raise _incomplete("The header Authorization is not that of ACS3-HMAC-SHA256.")
    for name in _MUST_SIGN:
        if not headers.get(name):
            raise missing(name)
    names = found["headers"].lower().split(";")
    # Whether a body holds parameters is for its type to say.
    needed = (*_MUST_SIGN, "content-type") if request.body else _MUST_SIGN
    for name in (*needed, *names):
        if name not in names or name not in headers:
            raise _incomplete(f"The header {label(name)} has to be sent and signed.")
    body_sha256 = hashlib.sha256(request.body).hexdigest()
    if headers["x-acs-content-sha256"].lower() != body_sha256:
        raise _incomplete("The header x-acs-content-sha256 is not the SHA-256 of the body.")
    return RpcRequest(
        action=headers["x-acs-action"],
        version=headers["x-acs-version"],
        access_key_id=found["key"],
        nonce=_nonce(headers["x-acs-signature-nonce"]),
        sent_at=_moment(headers["x-acs-date"]),
        parameters=_of_action(values),
        signature=found["signature"],
        v3=True,
        signable=cache(
            partial(
                v3_string_to_sign,
                request.method,
                request.path,
                pairs_of(request.query),
                [(name, headers[name]) for name in names],
                headers["x-acs-content-sha256"],
            )
        ),
    )


def _media_type(text: str) -> str:
    """Return the media type of a Content-Type, in lower case, without parameters."""
    return text.partition(";")[0].strip(_AROUND).lower()


def _incomplete(why: str) -> RpcError:
    text = "The request signature does not conform to Aliyun standards."
    return RpcError("IncompleteSignature", f"{text} {why}")


def _of_action(values: Mapping[str, str]) -> Mapping[str, str]:
    kept = {name: value for name, value in values.items() if name not in _COMMON}
    return MappingProxyType(kept)


def _require(values: Mapping[str, str], *names: str) -> None:
    for name in names:
        if not values.get(name):
            raise missing(name)


def _nonce(text: str) -> str:
    if len(text) > LONGEST_NONCE:
        raise invalid("SignatureNonce", f"It has more than {LONGEST_NONCE} characters.")
    if not _NONCE.fullmatch(text):
        raise invalid("SignatureNonce", "It is printable ASCII without spaces.")
    return text


def _moment(text: str) -> datetime:
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise RpcError(
            "InvalidTimeStamp.Format",
            "Specified time stamp or date value is not well formatted.",
        ) from None
