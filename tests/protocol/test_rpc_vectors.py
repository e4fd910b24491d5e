"""Requests that the official clients' own code signed: read, verified, and refused when changed."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from string import ascii_letters, digits
from typing import Any
from urllib.parse import quote, unquote_plus

import pytest

from protocol import rpc
from protocol.rpc_fields import RpcError

_DATA = json.loads((Path(__file__).parent / "rpc_vectors.json").read_text())
V1: list[dict[str, Any]] = _DATA["v1"]
V3: list[dict[str, Any]] = _DATA["v3"]
CORE = [vector for vector in V1 if "string_to_sign" in vector]
SECRET: str = _DATA["secret"]
FORM = {"content-type": "application/x-www-form-urlencoded"}
# Letters become other letters, so that what was well-formed stays so.
_LETTERS = ascii_letters + digits
OTHER = str.maketrans(_LETTERS, _LETTERS[1:] + _LETTERS[0])


def name(vector: Mapping[str, Any]) -> str:
    return str(vector["id"])


def received(vector: Mapping[str, Any]) -> rpc.HttpRequest:
    headers = vector.get("headers") or (FORM if vector["body"] else {})
    return rpc.HttpRequest(vector["method"], "/", vector["query"], headers, vector["body"].encode())


def is_refused(request: rpc.HttpRequest) -> bool:
    try:
        return not rpc.parse(request).signed_with(SECRET)
    except RpcError:
        return True


def test_the_vectors_are_all_here() -> None:
    assert (len(V1), len(CORE), len(V3)) == (18, 9, 9)


@pytest.mark.parametrize("vector", [*V1, *V3], ids=name)
def test_what_a_client_signed_is_read_and_verified(vector: dict[str, Any]) -> None:
    call = rpc.parse(received(vector))
    assert call.v3 is ("headers" in vector)
    assert call.access_key_id == _DATA["access_key_id"]
    assert call.version == "2018-01-20"
    assert rpc.timestamp(call.sent_at) == "2026-11-23T08:00:00Z"
    assert call.parameters == vector["parameters"]
    assert call.signed_with(SECRET)
    assert not call.signed_with(SECRET[:-1])


@pytest.mark.parametrize("vector", CORE, ids=name)
def test_the_string_to_sign_is_that_of_the_client(vector: dict[str, Any]) -> None:
    call = rpc.parse(received(vector))
    assert call.string_to_sign == vector["string_to_sign"]
    assert rpc.sign_v1(call.string_to_sign, SECRET) == vector["signature"]
    told = rpc.mismatch(call).message
    # As the client reads it.
    assert told.split(":", 1)[1] == vector["string_to_sign"]


@pytest.mark.parametrize("vector", V3, ids=name)
def test_the_hex_of_a_signature_may_be_in_capitals(vector: dict[str, Any]) -> None:
    authorization, _, signature = vector["headers"]["authorization"].rpartition("=")
    headers = {**vector["headers"], "authorization": f"{authorization}={signature.upper()}"}
    assert rpc.parse(received({**vector, "headers": headers})).signed_with(SECRET)


@pytest.mark.parametrize("vector", [*V1, *V3], ids=name)
def test_the_order_on_the_wire_does_not_matter(vector: dict[str, Any]) -> None:
    backwards = "&".join(reversed(vector["query"].split("&")))
    assert rpc.parse(received({**vector, "query": backwards})).signed_with(SECRET)


@pytest.mark.parametrize("vector", [*V1, *V3], ids=name)
def test_any_changed_character_of_the_query_is_refused(vector: dict[str, Any]) -> None:
    query: str = vector["query"]
    for place, character in enumerate(query):
        if character in "%&=" or "%" in query[max(0, place - 2) : place]:
            continue
        changed = f"{query[:place]}{character.translate(OTHER)}{query[place + 1 :]}"
        if unquote_plus(changed) != unquote_plus(query):
            assert is_refused(received({**vector, "query": changed})), changed


@pytest.mark.parametrize("vector", [*V1, *V3], ids=name)
def test_what_is_added_taken_away_or_said_twice_is_refused(vector: dict[str, Any]) -> None:
    fields = vector["query"].split("&") if vector["query"] else []
    spoilt = ["&".join([*fields, "x=1"]), "&".join([*fields, fields[0]]) if fields else "x"]
    spoilt += ["&".join([*fields[:n], *fields[n + 1 :]]) for n in range(len(fields))]
    for query in spoilt:
        assert is_refused(received({**vector, "query": query})), query


@pytest.mark.parametrize("vector", [v for v in (*V1, *V3) if v["body"]], ids=name)
def test_a_body_cannot_be_changed_nor_called_something_else(vector: dict[str, Any]) -> None:
    request = received(vector)
    for body in (b"", request.body[:-1], request.body + b"&x=1", request.body.replace(b"2", b"3")):
        assert is_refused(replace(request, body=body))
    for content_type in ("application/json", "", FORM["content-type"] + "x"):
        headers = {**request.headers, "content-type": content_type}
        assert is_refused(replace(request, headers=headers))


@pytest.mark.parametrize("vector", V3, ids=name)
def test_no_signed_header_can_be_changed_or_left_out(vector: dict[str, Any]) -> None:
    request = received(vector)
    for header, value in request.headers.items():
        others = {each: text for each, text in request.headers.items() if each != header}
        assert is_refused(replace(request, headers={**others, header: f"{value}0"})), header
        # Without Authorization it is a request of the other kind.
        assert is_refused(replace(request, headers=others)), header


@pytest.mark.parametrize("vector", [*V1, *V3], ids=name)
def test_another_method_is_another_request(vector: dict[str, Any]) -> None:
    other = "GET" if vector["method"] == "POST" else "POST"
    assert is_refused(received({**vector, "method": other}))


@pytest.mark.parametrize("vector", CORE, ids=name)
def test_percent_signs_may_be_written_in_either_way(vector: dict[str, Any]) -> None:
    fields = (field.partition("=") for field in vector["query"].split("&"))
    spelt = "&".join(f"{quote(field)}={quote(unquote_plus(v), safe='')}" for field, _, v in fields)
    assert rpc.parse(received({**vector, "query": spelt})).signed_with(SECRET)
