"""Whatever comes, it is a request or the error of a gateway; what is signed comes back whole."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from devices.protocol import rpc
from devices.protocol.rpc_fields import Pair, RpcError
from tests.devices.protocol.signed import COMMON_V1, FORM, SECRET, v1, v3

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
