"""The body of an HTTPS registration."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.http_form import MAX_BODY, MAX_FIELDS, check_length, parse_form, signature_of
from protocol.redaction import SentForm
from protocol.validators import MalformedError


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"a=1&a=2", {"a": "1"}),
        (b"a=&b&=c", {"a": "", "b": "", "": "c"}),
        (b"a=x+y%2B%26%3D", {"a": "x y+&="}),
        (b"a=1;b=2", {"a": "1;b=2"}),
        ("a=灯".encode(), {"a": "灯"}),
        (b"a=%E7%81%AF%zz", {"a": "灯%zz"}),
    ],
)
def test_fields_are_read_as_browsers_write_them(body: bytes, fields: dict[str, str]) -> None:
    assert parse_form(body) == fields


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"a=\xff", "string is not UTF-8"),
        (b"a=%ff", "string is not UTF-8"),
        (b"&".join([b"a=1"] * (MAX_FIELDS + 1)), f"body has more than {MAX_FIELDS} fields"),
        (b"a" * (MAX_BODY + 1), f"body is longer than {MAX_BODY} bytes"),
    ],
)
def test_what_is_no_form_of_ours_is_refused(body: bytes, problem: str) -> None:
    with pytest.raises(MalformedError, match=problem):
        parse_form(body)


@given(st.binary(max_size=MAX_BODY + 10))
def test_any_bytes_give_fields_fit_for_the_log_or_a_malformed_error(body: bytes) -> None:
    try:
        fields = parse_form(body)
    except MalformedError:
        return
    facts = SentForm(fields).facts()
    assert all(text.isprintable() and len(text) < 3000 for text in facts.values())


def test_a_length_is_judged_before_anything_is_read() -> None:
    check_length(MAX_BODY)
    with pytest.raises(MalformedError):
        check_length(MAX_BODY + 1)


@pytest.mark.parametrize("sign", [None, "", "f" * 129])
def test_a_signature_is_there_and_bounded(sign: str | None) -> None:
    with pytest.raises(MalformedError, match="sign is"):
        signature_of({} if sign is None else {"sign": sign})


def test_what_was_sent_is_no_use_to_a_thief() -> None:
    sign = "0123456789abcdef" * 4
    secret = "fedcba9876543210" * 2
    sent = SentForm({"productKey": "pk1", "random": secret, "sign": sign, secret: "x"})
    facts = sent.facts()
    assert facts["sign"] == "0123…"
    assert facts["signLength"] == "64"
    assert secret not in str(facts)
    assert sign not in f"{facts} {sent!r}"
