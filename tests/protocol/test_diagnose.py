"""Which mistakes in a signature are recognised. What the platform signs: protocol.md 1.2, 2.1."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.client_id import RegistrationMode, RegistrationParams, SignatureParams
from protocol.diagnose import Key, explain_signature
from protocol.signing import SignMethod

SECRET = "Orn3y2SPYvLJQBks"
DEVICE_SECRET = "0f48d1e2a3b4c5d6e7f80912a3b4c5d6"
REGISTRATION = RegistrationParams(
    mode=RegistrationMode.REGNWL,
    product_key="a1FCrJmPpk1",
    device_name="Lamp-0001",
    random="567345",
    sign_method=SignMethod.HMACSHA256,
    client_id_base="Lamp-0001.a1FCrJmPpk1",
)
CONNECTION = SignatureParams(
    product_key="a1FCrJmPpk1",
    device_name="Lamp-0001",
    client_id_base="AA:BB:CC",
    sign_method=SignMethod.HMACSHA1,
    timestamp="789",
)
WHOLE = "AA:BB:CC|securemode=2,signmethod=hmacsha1,timestamp=789|"
UNTIMED = SignatureParams(
    product_key="a1FCrJmPpk1", device_name="Lamp-0001", client_id_base="AA:BB:CC"
)


def mac(content: str | bytes, key: str | bytes = SECRET, digest: str = "sha256") -> bytes:
    """Independent of the code under test."""
    text = content if isinstance(content, bytes) else content.encode()
    secret = key if isinstance(key, bytes) else key.encode()
    return hmac.new(secret, text, digest).hexdigest().encode()


RIGHT = "deviceNameLamp-0001productKeya1FCrJmPpk1random567345"


@pytest.mark.parametrize(
    ("presented", "hints"),
    [
        (mac("productKeya1FCrJmPpk1deviceNameLamp-0001random567345"), ("order",)),
        (mac("random567345productKeya1FCrJmPpk1deviceNameLamp-0001"), ("order",)),
        (mac("deviceNameLamp-0001productKeya1FCrJmPpk1"), ("random_missing",)),
        (mac("clientIdLamp-0001.a1FCrJmPpk1" + RIGHT), ("clientId_signed",)),
        (mac("devicenameLamp-0001productkeya1FCrJmPpk1random567345"), ("names_case",)),
        (mac("deviceNameLAMP-0001productKeya1FCrJmPpk1random567345"), ("device_name_case",)),
        (mac("deviceNameLamp-0001productKeyA1FCRJMPPK1random567345"), ("product_key_case",)),
        (mac("deviceNamea1FCrJmPpk1productKeyLamp-0001random567345"), ("names_swapped",)),
        (mac("deviceName=Lamp-0001&productKey=a1FCrJmPpk1&random=567345"), ("separators",)),
        (mac("Lamp-0001a1FCrJmPpk1567345"), ("values_only",)),
        (mac(RIGHT + "\n"), ("content_end",)),
        (mac(RIGHT.encode() + b"\0"), ("content_end",)),
        (mac(RIGHT, digest="md5"), ("method_hmacmd5",)),
        (mac(RIGHT, digest="sha1"), ("method_hmacsha1",)),
        (mac(RIGHT, SECRET + "\n"), ("secret_newline",)),
        (mac(RIGHT, SECRET + "\r\n"), ("secret_newline",)),
        (mac(RIGHT, f" {SECRET}"), ("secret_space",)),
        (mac(RIGHT, SECRET.upper()), ("secret_case",)),
        (mac(RIGHT, f'"{SECRET}"'), ("secret_quotes",)),
        (mac(RIGHT, SECRET[:-1]), ("secret_cut",)),
        (mac(RIGHT, DEVICE_SECRET), ("key_device_secret",)),
        (mac(RIGHT, "anothers-secret!"), ("key_other_product_secret",)),
        (mac(RIGHT) + b"\n", ("password_padded",)),
        (mac(RIGHT)[:32], ("password_cut",)),
        (base64.b64encode(bytes.fromhex(mac(RIGHT).decode())), ("password_base64",)),
        (hashlib.sha256(RIGHT.encode()).hexdigest().encode(), ("not_keyed",)),
        (
            mac("productKeya1FCrJmPpk1deviceNameLamp-0001random567345", digest="sha1"),
            ("order", "method_hmacsha1"),
        ),
        (mac("Lamp-0001a1FCrJmPpk1567345", SECRET + "\n"), ("secret_newline", "values_only")),
        (mac(RIGHT, DEVICE_SECRET, "md5"), ("key_device_secret", "method_hmacmd5")),
        (mac(RIGHT, "quite another"), ()),
        (b"", ()),
        (b"\xff\x00 not hex at all", ()),
    ],
)
def test_names_the_mistakes_of_a_registration(presented: bytes, hints: tuple[str, ...]) -> None:
    keys = [
        Key(SECRET),
        Key(DEVICE_SECRET, "key_device_secret"),
        Key("anothers-secret!", "key_other_product_secret"),
    ]
    assert explain_signature(REGISTRATION, presented, keys) == hints


SIGNED = "clientIdAA:BB:CCdeviceNameLamp-0001productKeya1FCrJmPpk1timestamp789"


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (SIGNED.replace("timestamp789", ""), "timestamp_missing"),
        (SIGNED.replace("clientIdAA:BB:CC", ""), "clientId_missing"),
        (SIGNED.replace("AA:BB:CC", WHOLE), "clientId_whole"),
        (SIGNED.replace("AA:BB:CC", "a1FCrJmPpk1.Lamp-0001"), "clientId_other"),
        ("timestamp789" + SIGNED.replace("timestamp789", ""), "order"),
    ],
)
def test_names_the_mistakes_of_a_connection(content: str, hint: str) -> None:
    presented = mac(content, DEVICE_SECRET, "sha1")
    assert explain_signature(CONNECTION, presented, [Key(DEVICE_SECRET)], WHOLE) == (hint,)


def test_a_timestamp_that_was_signed_and_not_sent_is_named() -> None:
    content = SIGNED.replace("789", "2524608000000")
    presented = mac(content, DEVICE_SECRET, "md5")
    assert explain_signature(UNTIMED, presented, [Key(DEVICE_SECRET)]) == ("timestamp_not_sent",)


def test_the_decoded_device_secret_is_named() -> None:
    presented = mac(SIGNED, bytes.fromhex(DEVICE_SECRET), "sha1")
    assert explain_signature(CONNECTION, presented, [Key(DEVICE_SECRET)]) == ("secret_decoded",)


def test_upper_case_hex_is_no_mistake_to_look_for() -> None:
    presented = mac("Lamp-0001a1FCrJmPpk1567345").upper()
    assert explain_signature(REGISTRATION, presented, [Key(SECRET)]) == ("values_only",)


@given(st.binary(max_size=100), st.text(max_size=40))
def test_any_bytes_and_any_key_are_borne(presented: bytes, secret: str) -> None:
    assert explain_signature(REGISTRATION, presented, [Key(secret)]) == ()


@pytest.mark.parametrize("others", [0, 1, 50])
def test_every_other_key_costs_a_few_dozen_digests(
    monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    digests: list[str] = []
    digest = hmac.digest

    def counted(key: bytes, content: bytes, name: str) -> bytes:
        digests.append(name)
        return digest(key, content, name)

    monkeypatch.setattr(hmac, "digest", counted)
    keys = [Key(DEVICE_SECRET), *(Key(f"other{n}", "key_other") for n in range(others))]
    assert explain_signature(CONNECTION, b"0" * 64, keys, WHOLE) == ()
    assert 600 < len(digests) < 700 + 60 * others


def test_a_key_stays_out_of_its_repr() -> None:
    assert SECRET not in repr(Key(SECRET))
