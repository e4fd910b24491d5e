"""Requests to the RPC API, signed in either way, and wrong in one thing where a test wants it."""

import hashlib
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from protocol import rpc
from protocol.rpc_fields import Pair

SECRET = "not-a-secret-0123456789"
FORM = "application/x-www-form-urlencoded"
COMMON_V1 = {
    "Action": "QueryProduct",
    "Version": "2018-01-20",
    "AccessKeyId": "LK1",
    "SignatureMethod": "HMAC-SHA1",
    "SignatureVersion": "1.0",
    "SignatureNonce": "n",
    "Timestamp": "2026-11-23T08:00:00Z",
}
COMMON_V3 = {
    "accept": "application/json",
    "host": "api.example:8443",
    "x-acs-action": "QueryProduct",
    "x-acs-date": "2026-11-23T08:00:00Z",
    "x-acs-signature-nonce": "n",
    "x-acs-version": "2018-01-20",
}


def v1(
    fields: Sequence[Pair] = (), *, method: str = "POST", form: bool = False, **changed: str | None
) -> rpc.HttpRequest:
    """Signed; what is changed to None is left out."""
    common = {key: text for key, text in (COMMON_V1 | changed).items() if text is not None}
    pairs = [*common.items(), *fields]
    signature = rpc.sign_v1(rpc.v1_string_to_sign(method, pairs), SECRET)
    query = [("Signature", signature), *common.items()]
    if form:
        body = urlencode(fields).encode()
        return rpc.HttpRequest(method, "/", urlencode(query), {"content-type": FORM}, body)
    return rpc.HttpRequest(method, "/", urlencode([*query, *fields]), {})


def v3(
    fields: Sequence[Pair] = (),
    *,
    method: str = "POST",
    form: bool = False,
    unsigned: Sequence[str] = (),
    changed: Mapping[str, str | None] | None = None,
) -> rpc.HttpRequest:
    """Signed, but for the headers in `unsigned`; a header changed to None is left out."""
    body = urlencode(fields).encode() if form else b""
    digest = hashlib.sha256(body).hexdigest()
    own = {"x-acs-content-sha256": digest, **({"content-type": FORM} if form else {})}
    headers = {k: v for k, v in {**COMMON_V3, **own, **(changed or {})}.items() if v is not None}
    signed = sorted((name, text) for name, text in headers.items() if name not in unsigned)
    query = [] if form else list(fields)
    signature = rpc.sign_v3(rpc.v3_string_to_sign(method, "/", query, signed, digest), SECRET)
    names = ";".join(name for name, _ in signed)
    headers["authorization"] = (
        f"ACS3-HMAC-SHA256 Credential=LK1,SignedHeaders={names},Signature={signature}"
    )
    return rpc.HttpRequest(method, "/", urlencode(query), headers, body)
