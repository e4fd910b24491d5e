"""Fuzz the parser: any input gives a request or a gateway error; signed values come back whole."""

from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import rpc, rpc_signing
from protocol.rpc_fields import MOST_FIELDS, Pair, RpcError, pairs_of
from tests.protocol.signed import COMMON_V1, FORM, SECRET, v1, v3

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
fields = st.dictionaries(
    texts.filter(lambda name: name not in {*COMMON_V1, "Signature", "Format"}),
    texts.filter(lambda value: "\0" not in value),
    max_size=8,
).map(lambda made: list(made.items()))
known = st.sampled_from([*v3().headers, "content-type"])
pieces = st.sampled_from(
    [*(f"{name}={text}" for name, text in COMMON_V1.items()), "Signature=x", "Format=", "%", "="]
)


@given(
    st.sampled_from(["GET", "POST"]),
    texts | st.lists(pieces).map("&".join),
    st.dictionaries(known, texts | st.sampled_from([*v3().headers.values(), FORM])),
    st.binary() | st.just(v3(form=True).body),
)
def test_anything_gives_a_request_or_the_error_of_a_gateway(
    method: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    request = rpc.HttpRequest(method, "/", query, headers, body)
    rpc.wants_xml(request)
    try:
        call = rpc.parse(request)
    except RpcError:
        return
    assert not call.signed_with(SECRET)
    assert rpc.mismatch(call).code == "SignatureDoesNotMatch"


@given(fields, st.sampled_from(["GET", "POST"]), st.booleans(), st.sampled_from([v1, v3]))
def test_what_is_signed_comes_back_whole(
    asked: list[Pair], method: str, form: bool, made: Any
) -> None:
    call = rpc.parse(made(asked, method=method, form=form))
    assert call.signed_with(SECRET)
    common = {"RegionId", "SecurityToken", "SignatureType"}
    assert call.parameters == {name: text for name, text in asked if name not in common}


escaped = st.lists(
    st.sampled_from(
        ["a", "=", "&", "+", "%", "%2", "%41", "%c3%a9", "%C3", "%E7%81%AF", "%FF", "é"]
    )
).map("".join)


@given(escaped | texts)
def test_fields_are_those_of_the_standard_library(text: str) -> None:
    try:
        expected = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(RpcError, match="InvalidParameter"):
            pairs_of(text)
    else:
        assert pairs_of(text) == expected


@given(texts)
def test_text_is_encoded_as_the_standard_library_does(text: str) -> None:
    assert rpc_signing.encode(text) == quote(text, safe="~")


@given(fields)
def test_what_is_signed_is_encoded_twice(pairs: list[Pair]) -> None:
    encoded = quote(rpc_signing.canonical_query(pairs), safe="~")
    assert rpc.v1_string_to_sign("GET", pairs) == f"GET&%2F&{encoded}"


def test_fields_are_counted_before_they_are_read() -> None:
    assert len(pairs_of("&".join(["a=1"] * MOST_FIELDS))) == MOST_FIELDS
    with pytest.raises(RpcError, match="InvalidParameter"):
        pairs_of("&" * MOST_FIELDS)
