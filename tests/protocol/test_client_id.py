"""The clientId's parameter list with its quirks, and which request it makes of a CONNECT."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.credentials import new_client_id, new_device_name
from protocol import validators as shapes
from protocol.client_id import (
    ConnectParams,
    ParameterError,
    RegistrationMode,
    RegistrationParams,
    SignatureParams,
    TokenParams,
    parse_client_id,
    parse_connect,
    parse_registration_form,
)
from protocol.signing import SignMethod

USERNAME = "LightSwitch&a1FCrJmPpk1"
REGISTER = "securemode=2,authType=register,random=7,signmethod=hmacsha1"
CONNECTION = "securemode=2,signmethod=hmacsha1,timestamp=789"


def refused(client_id: str, username: str | None = USERNAME) -> ParameterError:
    with pytest.raises(ParameterError) as caught:
        parse_connect(client_id, username)
    return caught.value


@pytest.mark.parametrize(
    ("text", "base", "params"),
    [
        ("b|a=1|", "b", {"a": "1"}),
        ("b|a=1,b=2|", "b", {"a": "1", "b": "2"}),
        ("b|a=1,|", "b", {"a": "1"}),
        ("b|,,a=1,,|", "b", {"a": "1"}),
        ("b|a=1,\n        b=2,\r\n\t c=3|", "b", {"a": "1", "b": "2", "c": "3"}),
        ("b|lan=JS|Ali,b=2|", "b", {"lan": "JS|Ali", "b": "2"}),
        ("b|b=2,lan=JS|WX||", "b", {"b": "2", "lan": "JS|WX|"}),
        ("b|bare,a=1|", "b", {"a": "1"}),
        ("b|a=x=y|", "b", {"a": "x=y"}),
        ("b|a=|", "b", {"a": ""}),
        ("b|=1,a=2|", "b", {"a": "2"}),
        ("b|a=1,a=2|", "b", {"a": "1"}),
        ("b||", "b", {}),
        ("|a=1|", "", {"a": "1"}),
        (" b |a=1|", " b ", {"a": "1"}),
    ],
)
def test_parameter_list_is_read(text: str, base: str, params: Mapping[str, str]) -> None:
    parsed = parse_client_id(text)
    assert parsed.well_formed
    assert parsed.base == base
    assert parsed.params == params


@pytest.mark.parametrize("text", ["", "b", "b|", "b|a=1", "b|a=1,", "b|a=1| "])
def test_list_that_is_not_closed_is_malformed(text: str) -> None:
    assert not parse_client_id(text).well_formed
    assert refused(text).connack == 2


def test_parsed_client_id_cannot_be_changed() -> None:
    parsed = parse_client_id("b|a=1|")
    with pytest.raises(TypeError):
        parsed.params["a"] = "2"  # type: ignore[index]


@pytest.mark.parametrize("mode", ["register", "regnwl"])
@pytest.mark.parametrize("secure_mode", [2, -2])
@pytest.mark.parametrize("rest", ["", ",instanceId=iot-060a0bgd", ",_v=sdk-c-4.2.0,x=y"])
def test_auth_type_alone_makes_a_registration(mode: str, secure_mode: int, rest: str) -> None:
    block = f"random=-7,authType={mode},securemode={secure_mode},signmethod=HmacSHA256{rest}"
    params = parse_connect(f"LightSwitch.a1FCrJmPpk1|{block}|", USERNAME)
    assert params == RegistrationParams(
        mode=RegistrationMode(mode),
        product_key="a1FCrJmPpk1",
        device_name="LightSwitch",
        random="-7",
        sign_method=SignMethod.HMACSHA256,
        client_id_base="LightSwitch.a1FCrJmPpk1",
        secure_mode=secure_mode,
        sdk="sdk-c-4.2.0" if "_v" in rest else "",
    )


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("securemode=2,authType=register,signmethod=hmacsha1", "random is missing"),
        ("securemode=2,authType=register,random=,signmethod=hmacsha1", "random is missing"),
        ("securemode=2,authType=register,random,signmethod=hmacsha1", "random is missing"),
        ("securemode=2,authType=register,random=7", "signmethod is missing"),
        ("authType=register,random=7,signmethod=hmacsha1", "securemode is neither"),
        ("securemode=3,authType=register,random=7,signmethod=hmacsha1", "securemode is neither"),
        ("securemode=x,authType=regnwl,random=7,signmethod=hmacsha1", "securemode is not"),
        (REGISTER.replace("=7", "=" + "r" * 129), "random is longer"),
        (REGISTER.replace("=7", "=1\x002"), "random contains"),
    ],
)
def test_registration_lacking_something_gets_2_and_460(block: str, problem: str) -> None:
    error = refused(f"base|{block}|")
    assert (error.connack, error.code, error.registration) == (2, "460", True)
    assert error.problem.startswith(problem)


@pytest.mark.parametrize("method", ["sha256", "hmacsha512", "", "HMAC"])
def test_unsupported_sign_method_gets_2_and_6292(method: str) -> None:
    error = refused(f"base|{REGISTER.replace('hmacsha1', method)}|")
    assert (error.connack, error.code, error.registration) == (2, "6292", True)
    error = refused(f"base|securemode=2,signmethod={method}|")
    assert (error.connack, error.code, error.registration) == (2, "6292", False)


@pytest.mark.parametrize(
    "username",
    [
        None,
        "",
        "&",
        "LightSwitch",
        "LightSwitch&",
        "&a1FCrJmPpk1",
        "abc&a1FCrJmPpk1",
        "d" * 33 + "&a1FCrJmPpk1",
        "Light Switch&a1FCrJmPpk1",
        "设备设备&a1FCrJmPpk1",
        "LightSwitch\n&a1FCrJmPpk1",
        "LightSwitch&a1FCrJm&Ppk1",
        "LightSwitch&a1FCrJmPpk1\n",
        "LightSwitch&a1F-CrJmPpk1",
        "LightSwitch&" + "a" * 21,
        "Light/+/#&a1FCrJmPpk1",
    ],
)
def test_malformed_username_gets_2_on_registration_and_4_on_connection(
    username: str | None,
) -> None:
    assert refused(f"base|{REGISTER}|", username).connack == 2
    assert refused(f"base|{CONNECTION}|", username).connack == 4
    assert refused("base|authType=connwl,securemode=-2|", username).connack == 4


def test_missing_password_gets_2_on_registration_and_4_on_connection() -> None:
    for block, connack in ((REGISTER, 2), (CONNECTION, 4), ("authType=connwl", 4)):
        with pytest.raises(ParameterError, match="password is missing") as caught:
            parse_connect(f"base|{block}|", USERNAME, None)
        assert caught.value.connack == connack


def test_connection_is_a_signature_by_default() -> None:
    params = parse_connect("b|securemode=2|", USERNAME)
    assert params == SignatureParams(
        product_key="a1FCrJmPpk1",
        device_name="LightSwitch",
        client_id_base="b",
        sign_method=SignMethod.HMACMD5,
        timestamp=None,
        secure_mode=2,
    )


@pytest.mark.parametrize(("sent", "read"), [("2", 2), ("3", 3), ("8", 8), ("-1", -1), (None, None)])
def test_connection_with_any_other_securemode_is_a_signature(
    sent: str | None, read: int | None
) -> None:
    mode = "" if sent is None else f"securemode={sent},"
    params = parse_connect(f"b|{mode}signmethod=hmacsha1,timestamp=,lan=JS|Ali|", USERNAME)
    assert isinstance(params, SignatureParams)
    assert (params.secure_mode, params.timestamp, params.lan) == (read, "", "JS|Ali")


@pytest.mark.parametrize(
    "block",
    [
        "authType=connwl,securemode=-2,_ss=1,ext=3,lan=Python,_v=1.2.13",
        "securemode=-2,authType=connwl",
        "securemode=2,authType=connwl",
        "securemode=3,authType=connwl",
        "authType=connwl",
        "securemode=-2",
        "securemode=-2,signmethod=hmacsha1,timestamp=789",
        "securemode=-2,signmethod=none,authType=connwl,ext=1",
    ],
)
def test_connwl_or_securemode_minus_2_presents_a_token(block: str) -> None:
    params = parse_connect(f"K19|{block}|", USERNAME)
    assert isinstance(params, TokenParams)
    assert (params.client_id, params.device_name) == ("K19", "LightSwitch")
    assert params.sdk == ("1.2.13" if "_v" in block else "")


@pytest.mark.parametrize("auth_type", ["", "REGISTER", "other", "connwl2", "register;"])
def test_unknown_auth_type_gets_2(auth_type: str) -> None:
    error = refused(f"b|securemode=2,random=7,authType={auth_type},signmethod=hmacsha1|")
    assert (error.connack, error.problem) == (2, "authType is unknown")


@pytest.mark.parametrize("base", ["", "x" * 65, "a\nb", "a\u202eb", "a\x1b[31m"])
@pytest.mark.parametrize("block", [REGISTER, CONNECTION, "authType=connwl"])
def test_base_is_printable_and_at_most_64_characters(base: str, block: str) -> None:
    error = refused(f"{base}|{block}|")
    assert error.connack == 2
    assert error.problem.startswith("clientId")
    assert len(error.client_id) <= 64
    assert error.client_id.isprintable()


@pytest.mark.parametrize("username", ["dev1&p", f"{'d' * 32}&{'p' * 20}", "-_@.:&a1"])
def test_names_at_their_limits_are_accepted(username: str) -> None:
    params = parse_connect(f"b|{CONNECTION}|", username)
    assert f"{params.device_name}&{params.product_key}" == username


def test_a_client_id_has_at_most_64_parameters() -> None:
    """Eight KiB of commas would be eight thousand of them, taken apart before anybody is known."""
    rest = ["securemode=3", "signmethod=hmacsha256"]
    most = ",".join([*rest, *(f"p{number}=" for number in range(62))])
    assert parse_connect(f"base|{most}|", "lamp&a1B2c3", b"p")
    for more in (f"{most},", f"{most},p=", f"{most},authType=register,securemode=2"):
        assert len(parse_client_id(f"base|{more}|").params) == 64
        with pytest.raises(ParameterError, match="more than 64 parameters"):
            parse_connect(f"base|{more}|", "lamp&a1B2c3", b"p")


@pytest.mark.parametrize("base", ["x", "x" * 64, "a b&c.d:e@f", "设备"])
def test_base_is_free_text(base: str) -> None:
    params = parse_connect(f"{base}|{CONNECTION}|", USERNAME)
    assert isinstance(params, SignatureParams)
    assert params.client_id_base == base


def test_labels_are_made_fit_for_the_log() -> None:
    params = parse_connect(f"b|{CONNECTION},_v=1\x07.2,lan={'x' * 99}|", USERNAME)
    assert (params.sdk, params.lan) == ("1.2", "x" * 64)


def test_error_names_who_asked_as_far_as_recognisable() -> None:
    error = refused(f"base|{REGISTER}", "LightSwitch&a1FCrJmPpk1")
    names = (error.product_key, error.device_name, error.client_id)
    assert names == ("a1FCrJmPpk1", "LightSwitch", "base")
    error = refused("base", "Light\nSwitch&a1FCrJmPpk1")
    assert (error.product_key, error.device_name) == ("a1FCrJmPpk1", "")


def test_error_never_repeats_a_value() -> None:
    for block in ("random=s3cret\0", "random=1,signmethod=s3cret", "random=1,securemode=s3cret"):
        error = refused(f"b|authType=register,{block},securemode=2,signmethod=hmacmd5|")
        assert "s3cret" not in f"{error!r} {error}"


FORM = {"productKey": "pk1", "deviceName": "dev1", "random": "7", "signMethod": "HmacMD5"}


def test_form_makes_a_registration() -> None:
    assert parse_registration_form(FORM | {"sign": "00"}) == RegistrationParams(
        mode=RegistrationMode.REGISTER,
        product_key="pk1",
        device_name="dev1",
        random="7",
        sign_method=SignMethod.HMACMD5,
    )


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("productKey", "", "460"),
        ("productKey", "p k", "460"),
        ("deviceName", "dev", "460"),
        ("random", "", "460"),
        ("signMethod", None, "460"),
        ("signMethod", "sha256", "6292"),
    ],
)
def test_form_lacking_something_is_refused(field: str, value: str | None, code: str) -> None:
    fields = {name: text for name, text in FORM.items() if name != field}
    if value is not None:
        fields[field] = value
    with pytest.raises(ParameterError) as caught:
        parse_registration_form(fields)
    assert caught.value.code == code
    assert caught.value.registration


@pytest.mark.parametrize(
    "wrong",
    [
        {"product_key": ""},
        {"product_key": "p/k"},
        {"product_key": "p" * 21},
        {"device_name": "abc"},
        {"device_name": "dev1\n"},
        {"client_id": ""},
        {"client_id": "x" * 65},
        {"sdk": "x" * 65},
        {"lan": "\n"},
    ],
)
def test_params_cannot_be_built_malformed(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"is|holds"):
        TokenParams(**{"product_key": "pk1", "device_name": "dev1", "client_id": "c"} | wrong)


def test_params_cannot_be_changed() -> None:
    params = TokenParams(product_key="pk1", device_name="dev1", client_id="c")
    with pytest.raises(FrozenInstanceError):
        params.client_id = "d"  # type: ignore[misc]

    assert shapes.is_device_name(new_device_name())
    assert parse_connect(f"{new_client_id()}|authType=connwl|", USERNAME)


PIECES = st.sampled_from(
    [
        *("|", ",", "=", "securemode", "authType", "register", "regnwl", "connwl", "random"),
        *("signmethod", "hmacsha1", "2", "-2", "timestamp", "_v", "lan", "\n", "base", "\u2003"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES).map("".join))


@given(TEXTS, st.one_of(st.none(), st.just(USERNAME), st.text()))
def test_any_text_gives_params_or_a_parameter_error(client_id: str, username: str | None) -> None:
    outcome: ConnectParams | ParameterError
    try:
        outcome = parse_connect(client_id, username)
    except ParameterError as error:
        outcome = error
    for text in (outcome.product_key, outcome.device_name):
        assert len(text) <= 32
        assert text.isascii()
        assert text.isprintable()
    if isinstance(outcome, ParameterError):
        assert outcome.connack in (2, 4)


@given(st.dictionaries(st.sampled_from("abcdefg"), st.text("xyz|=")), st.data())
def test_list_reads_back_in_any_spacing(params: dict[str, str], data: st.DataObject) -> None:
    space = st.sampled_from(["", " ", "\n        ", "\t"])
    tokens = [f"{data.draw(space)}{k}={v}{data.draw(space)}" for k, v in params.items()]
    parsed = parse_client_id(f"base|{','.join(tokens)}|")
    assert parsed.well_formed
    assert parsed.params == params
