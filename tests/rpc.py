"""A back end that calls the RPC API, signed in either way, through Django's test client.

    rpc.call("QueryProduct", ProductKey=product.product_key)
    rpc.refusal("QueryProduct") == (400, "MissingProductKey")

`key`, `v1`, `method`, `form`, `accept`, `also` are those of `signed`; all else is a parameter of
the action. A list becomes `Name.1`, `Name.2`, …, a mapping in it `Name.1.Field`; None is
left out.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, Operator
from operators.operations.access_keys import create_access_key
from protocol import rpc
from protocol.rpc_fields import Pair

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

VERSION = "2018-01-20"
HOST = "api.example:8443"
FORM = "application/x-www-form-urlencoded"
_REQUEST_ID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")


def key_for(
    scope: AccessKeyScope = AccessKeyScope.EVERYTHING, operator: Operator | None = None
) -> AccessKey:
    """A key of that scope, bounded by the operator's permissions if there is one; made once."""
    name = f"{operator or 'shell'} {scope}"
    found = AccessKey.objects.filter(name=name).first()
    return found or create_access_key(SHELL, name, scope, operator)


def call(action: str, **asked: Any) -> dict[str, Any]:
    """Call an action, signed with v3. Require status 200; return the JSON without its RequestId."""
    response = send(action, **asked)
    content: dict[str, Any] = response.json()
    assert response.status_code == 200, content
    assert _REQUEST_ID.fullmatch(content.pop("RequestId"))
    return content


def data(action: str, **asked: Any) -> Any:
    """`Data` of an action that succeeded."""
    content = call(action, **asked)
    assert content["Success"], content
    return content["Data"]


def failure(action: str, **asked: Any) -> str:
    """The `Code` of an action that says it did not succeed."""
    content = call(action, **asked)
    assert content["Success"] is False, content
    assert content["ErrorMessage"]
    code: str = content["Code"]
    return code


def refusal(action: str, **asked: Any) -> tuple[int, str]:
    """Status and `Code` of what the gateway refuses."""
    response = send(action, **asked)
    content = response.json()
    assert list(content) == ["RequestId", "HostId", "Code", "Message"], content
    return response.status_code, content["Code"]


def send(action: str, **asked: Any) -> "Response":
    return signed(action, **asked)()


def signed(
    action: str,
    *,
    key: AccessKey | None = None,
    v1: bool = False,
    method: str = "POST",
    form: bool = False,
    accept: str = "JSON",
    also: Sequence[Pair] = (),
    **parameters: Any,
) -> Callable[[], "Response"]:
    """Sends the same request whenever it is called.

    `form` puts the parameters into the body, as some actions of the official client do; `also` are
    further ones, which may be the same again.
    """
    fields = [*flattened(parameters), *also]
    sign = _signed_v1 if v1 else _signed_v3
    return sign(action, key or key_for(), fields, method, accept, form=form)


def flattened(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            yield from flattened({f"{name}.{field}": each for field, each in value.items()})
        elif isinstance(value, list | tuple):
            yield from flattened({f"{name}.{i}": each for i, each in enumerate(value, 1)})
        elif value is not None:
            yield name, str(value)


def _signed_v1(
    action: str,
    key: AccessKey,
    fields: Sequence[Pair],
    method: str,
    accept: str,
    *,
    form: bool,
) -> Callable[[], "Response"]:
    common = [
        ("Action", action),
        ("Version", VERSION),
        ("Format", accept),
        ("AccessKeyId", key.access_key_id),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", uuid4().hex),
        ("Timestamp", rpc.timestamp(timezone.now())),
    ]
    signature = rpc.sign_v1(rpc.v1_string_to_sign(method, [*common, *fields]), key.secret)
    query = [*common, ("Signature", signature)]
    return partial(_sent, method, query if form else [*query, *fields], fields if form else [], {})


def _signed_v3(
    action: str,
    key: AccessKey,
    fields: Sequence[Pair],
    method: str,
    accept: str,
    *,
    form: bool,
) -> Callable[[], "Response"]:
    query, body = ([], fields) if form else (fields, [])
    body_sha256 = hashlib.sha256(urlencode(body).encode()).hexdigest()
    headers = [
        ("accept", f"application/{accept.lower()}"),
        *([("content-type", FORM)] if body else []),
        ("host", HOST),
        ("x-acs-action", action),
        ("x-acs-content-sha256", body_sha256),
        ("x-acs-date", rpc.timestamp(timezone.now())),
        ("x-acs-signature-nonce", uuid4().hex),
        ("x-acs-version", VERSION),
    ]
    string_to_sign = rpc.v3_string_to_sign(method, "/", query, headers, body_sha256)
    names = ";".join(name for name, _ in headers)
    authorization = (
        f"{rpc.V3_ALGORITHM} Credential={key.access_key_id},SignedHeaders={names},"
        f"Signature={rpc.sign_v3(string_to_sign, key.secret)}"
    )
    return partial(_sent, method, query, body, {**dict(headers), "Authorization": authorization})


def _sent(
    method: str,
    query: Sequence[Pair],
    body: Sequence[Pair],
    headers: Mapping[str, str],
) -> "Response":
    content_type = FORM if body else "application/octet-stream"
    return Client().generic(
        method,
        f"/?{urlencode(query)}",
        urlencode(body),
        content_type=content_type,
        headers={"Host": HOST, **headers},
    )
