"""A request to the RPC API is read, or refused as the platform's gateway does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from protocol import rpc
from protocol.rpc_fields import MOST_FIELDS, RpcError
from tests.protocol.signed import COMMON_V1, FORM, SECRET, v1, v3

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def refusal(request: rpc.HttpRequest) -> str:
    with pytest.raises(RpcError) as refused:
        rpc.parse(request)
    assert refused.value.message
    assert refused.value.status == 400
    return refused.value.code


# --- What must be there --------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMON_V1)
def test_each_common_parameter_of_v1_is_needed(name: str) -> None:
    without: dict[str, Any] = {name: None}
    empty: dict[str, Any] = {name: ""}
    assert refusal(v1(**without)) == refusal(v1(**empty)) == f"Missing{name}"


def test_a_request_without_a_signature_is_refused() -> None:
    query = urlencode(COMMON_V1)
    assert refusal(rpc.HttpRequest("GET", "/", query, {})) == "MissingSignature"
    assert refusal(rpc.HttpRequest("POST", "/", "", {})) == "MissingAction"


@pytest.mark.parametrize(
    "name",
    ["host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"],
)
def test_each_header_of_v3_is_needed_and_has_to_be_signed(name: str) -> None:
    assert refusal(v3(changed={name: None})) == refusal(v3(changed={name: ""})) == f"Missing{name}"
    assert refusal(v3(unsigned=[name])) == "IncompleteSignature"


def test_the_hash_of_the_body_has_to_be_sent_signed_and_right() -> None:
    name = "x-acs-content-sha256"
    assert refusal(v3(changed={name: None})) == f"Missing{name}"
    assert refusal(v3(unsigned=[name])) == "IncompleteSignature"
    assert refusal(v3(changed={name: "0" * 64})) == "IncompleteSignature"


def test_a_body_counts_with_its_type_signed_only() -> None:
    fields = [("ProductKey", "pk")]
    assert rpc.parse(v3(fields, form=True)).parameters == {"ProductKey": "pk"}
    assert refusal(v3(fields, form=True, unsigned=["content-type"])) == "IncompleteSignature"
    assert refusal(v3(fields, form=True, changed={"content-type": None})) == "IncompleteSignature"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic dXNlcjpwYXNz",
        "Bearer abc",
        "ACS3-HMAC-SM3 Credential=LK1,SignedHeaders=host,Signature=00",
        "ACS3-RSA-SHA256 Credential=LK1,SignedHeaders=host,Signature=00",
        "ACS3-HMAC-SHA256 Credential=LK1,Signature=00",
        "ACS3-HMAC-SHA256 Credential=LK\0,SignedHeaders=host,Signature=00",
        "ACS3-HMAC-SHA256 Credential=LK1,SignedHeaders=host,Signature=00,Credential=LK2",
        "acs LK1:c2lnbmF0dXJl",
    ],
)
def test_other_ways_of_signing_are_refused(authorization: str) -> None:
    headers = {**v3().headers, "authorization": authorization}
    assert refusal(rpc.HttpRequest("POST", "/", "", headers)) == "IncompleteSignature"


@pytest.mark.parametrize("names", ["", ";", "host;;x-acs-date", "灯", "x-acs-none", "a b\r\nc: d"])
def test_signed_headers_that_are_none_are_refused(names: str) -> None:
    authorization = f"ACS3-HMAC-SHA256 Credential=LK1,SignedHeaders={names},Signature=00"
    request = rpc.HttpRequest("POST", "/", "", {**v3().headers, "authorization": authorization})
    with pytest.raises(RpcError) as refused:
        rpc.parse(request)
    assert refused.value.message.isascii()
    assert refused.value.message.isprintable()


@pytest.mark.parametrize("method", ["HMAC-SHA256", "HMAC-SHA", "MD5", "灯"])
def test_other_signature_methods_of_v1_are_refused(method: str) -> None:
    assert refusal(v1(SignatureMethod=method)) == "InvalidSignatureMethod"
    assert refusal(v1(SignatureVersion="2.0")) == "InvalidSignatureVersion"


def test_the_action_of_v3_is_that_of_its_header() -> None:
    call = rpc.parse(v3([("Action", "DeleteProduct"), ("Version", "1"), ("ProductKey", "pk")]))
    assert (call.action, call.version) == ("QueryProduct", "2018-01-20")
    assert call.parameters == {"ProductKey": "pk"}


# --- Fields --------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [v1, v3])
def test_a_parameter_may_come_once_wherever_it_stands(made: Any) -> None:
    assert refusal(made([("PageSize", "1"), ("PageSize", "1")])) == "InvalidPageSize"
    request = made([("PageSize", "1")], form=True)
    twice = f"{request.query}&PageSize=1".lstrip("&")
    assert refusal(rpc.HttpRequest("POST", "/", twice, request.headers, request.body)) == (
        "InvalidPageSize"
    )


@pytest.mark.parametrize("made", [v1, v3])
@pytest.mark.parametrize("name", ["a b", "灯", "x" * 65, "\r\nX: y", ""])
def test_an_error_repeats_no_name_that_is_none(made: Any, name: str) -> None:
    assert refusal(made([(name, "1"), (name, "2")])) == "InvalidParameter"
    assert refusal(made([(name, "\0")])) == "InvalidParameter"


@pytest.mark.parametrize("made", [v1, v3])
def test_a_value_with_a_nul_is_refused(made: Any) -> None:
    assert refusal(made([("DeviceName", "lamp\0")])) == "InvalidDeviceName"


@pytest.mark.parametrize("made", [v1, v3])
def test_there_is_an_end_to_the_number_of_fields(made: Any) -> None:
    fields = [(f"D.{n}", "") for n in range(MOST_FIELDS + 1)]
    assert refusal(made(fields, form=True)) == "InvalidParameter"
    assert len(rpc.parse(made(fields[:-1], form=True)).parameters) == MOST_FIELDS


@pytest.mark.parametrize("query", ["a=%ff", "a=%ed%a0%80", "%c3=1"])
def test_what_is_not_utf8_is_refused(query: str) -> None:
    assert refusal(rpc.HttpRequest("GET", "/", query, {})) == "InvalidParameter"
    for body in (query.encode(), b"a=\xff"):
        request = rpc.HttpRequest("POST", "/", "", {"content-type": FORM}, body)
        assert refusal(request) == "InvalidParameter"


def test_a_body_that_is_no_form_holds_no_parameters() -> None:
    request = v1()
    headers = {"content-type": "application/json"}
    spoken = rpc.HttpRequest("POST", "/", request.query, headers, b'{"ProductKey": "pk"}')
    assert rpc.parse(spoken).parameters == {}


@pytest.mark.parametrize(
    "content_type", [FORM, FORM.title(), f"{FORM}; charset=UTF-8", f" {FORM} "]
)
def test_a_form_is_known_however_its_type_is_written(content_type: str) -> None:
    assert rpc.HttpRequest("POST", "/", "", {"content-type": content_type}).is_form


# --- When, and how often -------------------------------------------------------------------


@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_may_be_off_by_fifteen_minutes_to_the_second(sign: int) -> None:
    edge = timedelta(minutes=15) * sign
    rpc.check_clock(rpc.parse(v1()), NOW + edge)
    with pytest.raises(RpcError) as refused:
        rpc.check_clock(rpc.parse(v3()), NOW + edge + timedelta(microseconds=sign))
    assert refused.value.code == "InvalidTimeStamp.Expired"


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-23", "2026-11-23 08:00:00", "2026-11-23T08:00:00", "2026-11-23T08:00:00.000Z"),
        *("2026-11-23T08:00:00+08:00", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z"),
        *("2026-11-23T24:00:00Z", "2026-11-23T08:00:60Z", "0000-01-01T00:00:00Z", "灯"),
        *("1700000000", "\uff12026-11-23T08:00:00Z", "Mon, 23 Nov 2026 08:00:00 GMT"),
    ],
)
def test_a_time_that_is_none_is_refused(text: str) -> None:
    code = "InvalidTimeStamp.Format"
    assert refusal(v1(Timestamp=text)) == refusal(v3(changed={"x-acs-date": text})) == code


def test_the_first_and_the_last_second_there_are_give_no_error() -> None:
    for text in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        with pytest.raises(RpcError, match=r"InvalidTimeStamp\.Expired"):
            rpc.check_clock(rpc.parse(v1(Timestamp=text)), NOW)


def test_a_nonce_has_an_end() -> None:
    longest = "n" * rpc.LONGEST_NONCE
    assert rpc.parse(v1(SignatureNonce=longest)).nonce == longest
    assert refusal(v1(SignatureNonce=longest + "n")) == "InvalidSignatureNonce"
    assert refusal(v3(changed={"x-acs-signature-nonce": longest + "n"})) == "InvalidSignatureNonce"


# Python's strip() drops all of these, HTTP only the first two.
BLANKS = [" ", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u3000"]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_a_nonce_is_spent_as_it_was_signed(blank: str) -> None:
    """One recorded request must not become another one by blanks around the nonce."""
    recorded = v3(changed={"x-acs-signature-nonce": "n"})
    for changed in (f"{blank}n", f"n{blank}", f"{blank}n{blank}"):
        headers = {**recorded.headers, "x-acs-signature-nonce": changed}
        again = replace(recorded, headers=headers)
        if blank in " \t":
            assert rpc.parse(again).nonce == "n"
        else:
            assert refusal(again) == "InvalidSignatureNonce"


@pytest.mark.parametrize(
    "nonce", ["n n", "n\xa0n", "\uff4e", "n\u200b", "灯", "n\x7f", "n\n", "\ufeffn"]
)
def test_a_nonce_is_printable_ascii(nonce: str) -> None:
    assert refusal(v1(SignatureNonce=nonce)) == "InvalidSignatureNonce"
    assert refusal(v3(changed={"x-acs-signature-nonce": nonce})) == "InvalidSignatureNonce"


@pytest.mark.parametrize("blank", BLANKS[2:], ids=ascii)
def test_a_header_with_other_blanks_is_another_header(blank: str) -> None:
    """The signed headers are those used: host, action, version, date, hash and type."""
    recorded = v3([("ProductKey", "pk")], form=True)
    for name in recorded.headers.keys() - {"x-acs-signature-nonce"}:
        headers = {**recorded.headers, name: f"{recorded.headers[name]}{blank}"}
        try:
            call = rpc.parse(replace(recorded, headers=headers))
        except RpcError:
            continue
        assert not call.signed_with(SECRET), name


def test_only_ascii_names_the_method_and_the_type_of_a_form() -> None:
    assert refusal(v1(SignatureMethod="HMAC-\u017fHA1")) == "InvalidSignatureMethod"
    body = rpc.HttpRequest("POST", "/", "", {"content-type": f"{FORM}\xa0"}, b"Action=x")
    assert not body.is_form


# --- How it is answered --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "xml"),
    [
        (v1(), True),
        (v1(Format="JSON"), False),
        (v1(Format="json"), False),
        (v1(Format="XML"), True),
        (v1(Format="yaml"), True),
        (v1([("Format", "JSON"), *((f"DeviceName.{n}", "x" * 50) for n in range(100))]), False),
        (v1([("Format", "JSON"), *((f"Z.{n}", "x" * 50) for n in range(100))], form=True), False),
        (v1([("DeviceName", "x&Format=JSON")]), True),
        (v1([("XFormat", "JSON")], form=True), True),
        (v3(), False),
        (v3([("Format", "XML")]), True),
        (v3([("Format", "")]), False),
        (v3(changed={"accept": "text/xml"}), True),
        (v3(changed={"accept": None}), False),
        (rpc.HttpRequest("GET", "/", "", {"x-acs-action": "x"}), False),
        (rpc.HttpRequest("GET", "/", "", {}), True),
    ],
)
def test_the_answer_is_in_what_was_asked_for(request_: rpc.HttpRequest, xml: bool) -> None:
    assert rpc.wants_xml(request_) is xml


def test_a_mismatch_tells_the_string_to_sign_unless_it_is_huge() -> None:
    told = rpc.mismatch(rpc.parse(v1())).message
    assert told.endswith("server string to sign is:" + rpc.parse(v1()).string_to_sign)
    large = rpc.mismatch(rpc.parse(v1([("a", "灯" * 100_000)], form=True))).message
    assert large == "Specified signature is not matched with our calculation."


def test_neither_parameters_nor_signature_stand_in_a_repr() -> None:
    for form in (False, True):
        request = v1([("DeviceSecret", "0f48d1e2a3b4")], form=form)
        call = rpc.parse(request)
        assert "0f48d1e2a3b4" not in repr(call) + repr(request)
        assert call.signature not in repr(call) + repr(request)
