"""Pushes: bytes that the C SDK's scanner reads rightly, and secrets that stay out of reprs."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import push

PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'))


def test_register_delivers_the_device_secret_first() -> None:
    made = push.register_push("0f48", "pk1", "dev1")
    assert made == (
        "/ext/register",
        b'{"deviceSecret":"0f48","productKey":"pk1","deviceName":"dev1"}',
    )


def test_regnwl_delivers_the_client_id_first_and_the_token_last() -> None:
    made = push.regnwl_push("K19", "pk1", "dev1", "tok")
    assert made == (
        "/ext/regnwl",
        b'{"clientId":"K19","productKey":"pk1","deviceName":"dev1","deviceToken":"tok"}',
    )


def test_kick_notice_is_the_captured_one() -> None:
    assert push.kick_notice() == (
        "/ext/notify",
        b'{"title":"kick","content":"Kicked by the same device"}',
    )


def test_repr_hides_the_payload() -> None:
    assert repr(push.register_push("0f48", "pk1", "dev1")) == "Push(topic='/ext/register')"


@given(st.dictionaries(PLAIN, PLAIN))
def test_payload_is_compact_and_keeps_the_order(fields: dict[str, str]) -> None:
    payload = push.push_payload(fields)
    assert list(json.loads(payload).items()) == list(fields.items())
    assert len(payload) == 2 + sum(len(k) + len(v) + 6 for k, v in fields.items()) - bool(fields)


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "a\0", "é", "设备"])
def test_value_that_needs_escaping_is_refused_without_naming_it(value: str) -> None:
    with pytest.raises(ValueError, match="deviceSecret") as caught:
        push.register_push(value, "pk1", "dev1")
    assert value not in str(caught.value)
