"""Requests to the RPC API: anything at all, and signed calls with any parameters."""

import json
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from iotconsole.rpc_api import ACTIONS
from tests import rpc
from tests.api_world import CALLS, World, make_world
from tests.fuzz import fuzzed, without_errors

pytestmark = pytest.mark.django_db

COMMON = [
    *("Action", "Version", "AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion"),
    *("SignatureNonce", "Timestamp", "Format", "RegionId", "SecurityToken", "SignatureType"),
]
HEADERS = [
    *("Authorization", "Content-Type", "Accept", "x-acs-action", "x-acs-version", "x-acs-date"),
    *("x-acs-signature-nonce", "x-acs-content-sha256", "x-acs-security-token", "Host"),
    *("Content-Length", "Transfer-Encoding", "Content-Encoding", "X-Forwarded-For"),
]
WORDS = [
    *("2018-01-20", "HMAC-SHA1", "1.0", "2026-11-23T08:00:00Z", "JSON", "XML", "json", "0", "-1"),
    *("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host;x-acs-action,Signature=00", "%", "%00"),
    *("application/json", rpc.FORM, "text/plain; charset=utf-16", "chunked", "9" * 30),
    *("\uff11", "\xa0"),
    *sorted(ACTIONS)[:6],
]
texts = st.text(st.characters(codec="utf-8"), max_size=40)
latin = st.text(st.characters(codec="latin-1"), max_size=40)
words = st.sampled_from(WORDS) | texts
fields = st.lists(st.tuples(st.sampled_from(COMMON) | texts, words), max_size=12)
headers = st.dictionaries(
    st.sampled_from(HEADERS),
    st.sampled_from([word.encode().decode("latin-1") for word in WORDS]) | latin,
    max_size=9,
)
scalars = words | st.integers() | st.booleans() | st.none()
deep = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner))
bodies = fields.map(urlencode).map(str.encode) | deep.map(json.dumps).map(str.encode) | st.binary()


def check(answer: HttpResponse) -> None:
    """It is for a machine, and no fault of ours."""
    assert answer.status_code < 500
    if answer["Content-Type"].startswith("application/json"):
        assert "RequestId" in json.loads(answer.content)
    else:
        assert ElementTree.fromstring(answer.content).find("RequestId") is not None  # noqa: S314


@fuzzed
@given(
    st.sampled_from(["GET", "POST", "PUT"]),
    fields.map(urlencode) | latin.map(lambda text: text.replace("#", "")),
    headers,
    bodies,
    st.booleans(),
)
def test_anything_is_answered(
    method: str, query: str, said: dict[str, str], body: bytes, form: bool
) -> None:
    query = f"Action=x&{query}" if method == "GET" else query
    content_type = rpc.FORM if form else "application/json"
    # The client's own stream does not let anybody read what was announced and is not there.
    stream: Any = {"wsgi.input": BytesIO(body)}
    with without_errors():
        check(
            Client().generic(  # type: ignore[arg-type]
                method, f"/?{query}", body, content_type=content_type, headers=said, **stream
            )
        )


@pytest.fixture
def world(db: None) -> World:
    return make_world()


# Names that actions know, and odd ones near them.
NAMES = [
    *("ProductKey", "DeviceName", "IotId", "ApplyId", "PageSize", "CurrentPage", "Nickname"),
    *("DeviceName.1", "DeviceName.2", "DeviceName.01", "DeviceName.x", "DeviceName.", "IotId.1"),
    *("ProductTag.1.TagKey", "ProductTag.1.TagValue", "DeviceInfo.1.DeviceName", "ClientId"),
]
odd = texts | st.sampled_from(
    ["0", "-1", "9" * 18, "9" * 19, "1.5", "true", "True", "灯", "\u2028"]
)
any_fields = st.lists(st.tuples(st.sampled_from(NAMES), odd.filter(lambda t: "\0" not in t)))
calls = st.sampled_from(sorted(ACTIONS))


@fuzzed
@given(calls, any_fields, st.booleans(), st.booleans(), st.sampled_from(["JSON", "XML"]))
def test_a_signed_call_is_answered_whatever_its_parameters(
    world: World, action: str, asked: list[tuple[str, str]], v1: bool, form: bool, accept: str
) -> None:
    once = list(dict(asked).items())
    with without_errors():
        check(rpc.send(action, v1=v1, form=form, accept=accept, also=once))  # type: ignore[arg-type]


@fuzzed
@given(calls, st.data(), st.booleans())
def test_a_good_call_with_one_odd_parameter_is_answered(
    world: World, action: str, data: st.DataObject, v1: bool
) -> None:
    parameters: dict[str, Any] = CALLS[action](world)
    name = data.draw(st.sampled_from(sorted(parameters) or ["ProductKey"]))
    value = data.draw(odd.filter(lambda text: "\0" not in text))
    with without_errors():
        check(rpc.send(action, v1=v1, **{**parameters, name: value}))  # type: ignore[arg-type]


BLANKS = st.text(
    st.sampled_from(" \t\x0b\x0c\x1c\x85\xa0\u1680\u2003\u2028\u3000\ufeff"), max_size=3
)


@fuzzed
@given(st.sampled_from(["x-acs-signature-nonce", "x-acs-date", "Authorization"]), BLANKS, BLANKS)
def test_a_recorded_call_is_answered_once_whatever_stands_around_its_headers(
    world: World, name: str, before: str, behind: str
) -> None:
    recorded = rpc.signed("QueryDeviceDetail", IotId=world.device.iot_id)
    said = recorded.args[3]  # type: ignore[attr-defined]
    with without_errors():
        assert recorded().json()["Success"]
        said[name] = f"{before}{said[name]}{behind}".encode().decode("latin-1")
        assert not recorded().json().get("Success")
