"""Signatures: what is signed, and that verification is strict, tolerant of case, and total."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.signing import (
    SignMethod,
    connection_content,
    registration_content,
    sign,
    verify,
)

METHODS = st.sampled_from(SignMethod)
SHA1 = SignMethod.HMACSHA1


@pytest.mark.parametrize("text", ["hmacmd5", "HmacMD5", "HMACMD5"])
def test_method_is_named_in_any_case(text: str) -> None:
    assert SignMethod.parse(text) is SignMethod.HMACMD5


@pytest.mark.parametrize("text", ["", "sha256", "md5", "hmacsha512", " hmacmd5", "HMACSHA1\0"])
def test_other_methods_are_unknown(text: str) -> None:
    assert SignMethod.parse(text) is None


def test_registration_signs_three_pairs_without_separators() -> None:
    content = registration_content("dev1", "pk1", "-7")
    assert content == b"deviceNamedev1productKeypk1random-7"


def test_connection_signs_the_timestamp_only_when_sent() -> None:
    assert connection_content("c", "d", "p", None) == b"clientIdcdeviceNamedproductKeyp"
    assert connection_content("c", "d", "p", "") == b"clientIdcdeviceNamedproductKeyptimestamp"
    assert connection_content("c", "d", "p", "1") == b"clientIdcdeviceNamedproductKeyptimestamp1"


def test_key_may_be_text_or_bytes() -> None:
    assert sign(SHA1, "secret", b"x") == sign(SHA1, b"secret", b"x")


@given(METHODS, st.binary(), st.binary(), st.data())
def test_own_signature_verifies_in_any_mix_of_cases(
    method: SignMethod, key: bytes, content: bytes, data: st.DataObject
) -> None:
    signature = sign(method, key, content)
    upper = data.draw(st.lists(st.booleans(), min_size=len(signature), max_size=len(signature)))
    mixed = "".join(char.upper() if up else char for char, up in zip(signature, upper, strict=True))
    assert verify(method, key, content, mixed.encode())


@given(METHODS, st.binary(max_size=200))
def test_any_other_bytes_are_refused_without_an_exception(
    method: SignMethod, presented: bytes
) -> None:
    # A random string that happened to be this HMAC would be a discovery.
    assert not verify(method, "secret", b"content", presented)


@given(METHODS, st.integers(0), st.integers(1, 15))
def test_one_changed_digit_is_refused(method: SignMethod, place: int, change: int) -> None:
    digits = list(sign(method, "secret", b"content"))
    place %= len(digits)
    digits[place] = f"{int(digits[place], 16) ^ change:x}"
    assert not verify(method, "secret", b"content", "".join(digits).encode())


@pytest.mark.parametrize("extra", [b"0", b" ", b"\0", b"\n"])
def test_something_appended_is_refused(extra: bytes) -> None:
    signature = sign(SHA1, "secret", b"x").encode()
    assert not verify(SHA1, "secret", b"x", signature + extra)
    assert not verify(SHA1, "secret", b"x", extra + signature)
    assert not verify(SHA1, "secret", b"x", signature[:-1])


def test_case_folding_stays_in_ascii() -> None:
    # U+212A, the Kelvin sign, lower-cases to an ASCII k as text; bytes must not fold like that.
    assert "\u212a".lower() == "k"
    assert not verify(SHA1, "secret", b"x", "\u212a".encode() * 20)


def test_signature_of_one_method_is_refused_under_another() -> None:
    for announced in SignMethod:
        for used in SignMethod:
            signature = sign(used, "secret", b"x").encode()
            assert verify(announced, "secret", b"x", signature) is (announced is used)
