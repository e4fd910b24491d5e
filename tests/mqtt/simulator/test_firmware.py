"""The three CONNECTs of a simulated device are those of the SDKs (protocol.md 1.2, 2.1, 2.2)."""

import pytest

from mqtt.simulator.firmware import (
    Firmware,
    Login,
    SecretCredential,
    TokenCredential,
    connection_login,
    registration_login,
)
from protocol import signing
from protocol.client_id import (
    RegistrationMode,
    RegistrationParams,
    SignatureParams,
    TokenParams,
    parse_connect,
)
from protocol.validators import ConnectParams, MalformedError

PRODUCT_SECRET = "h1nQFYPZS0mWabcd"
DEVICE_SECRET = "0f48121e8cb55c65efba7e03f7987bee"


def firmware(mode: RegistrationMode = RegistrationMode.REGNWL) -> Firmware:
    return Firmware("a1FCrJmPpk1", PRODUCT_SECRET, "LightSwitch", mode)


def parsed(login: Login) -> ConnectParams:
    return parse_connect(login.client_id, login.username, login.password.encode())


@pytest.mark.parametrize("mode", RegistrationMode)
def test_a_registration_is_signed_with_the_product_secret(mode: RegistrationMode) -> None:
    login = registration_login(firmware(mode))
    params = parsed(login)
    assert isinstance(params, RegistrationParams)
    assert params.mode is mode
    assert params.client_id_base == "LightSwitch.a1FCrJmPpk1"
    password = login.password.encode()
    assert signing.verify(params.sign_method, PRODUCT_SECRET, params.content, password)


def test_every_registration_has_its_own_random() -> None:
    assert registration_login(firmware()) != registration_login(firmware())


def test_a_connection_with_the_device_secret_is_signed_like_the_c_sdks() -> None:
    login = connection_login(firmware(), SecretCredential(DEVICE_SECRET))
    params = parsed(login)
    assert isinstance(params, SignatureParams)
    # vectors.json, c4-normal-sha256
    assert login.password == "35552a0b78dd3c2e6c95e9f1d2b67d96fb06e5d6c2c66f55c2c265ffcae57969"


def test_a_connection_with_a_token_carries_it_verbatim() -> None:
    login = connection_login(firmware(), TokenCredential("K19uYV000100", "token"))
    params = parsed(login)
    assert isinstance(params, TokenParams)
    assert params.client_id == "K19uYV000100"
    assert login.password == "token"


def test_a_name_the_platform_would_not_issue_cannot_be_burnt_in() -> None:
    with pytest.raises(MalformedError):
        Firmware("a1FCrJmPpk1", PRODUCT_SECRET, "no", RegistrationMode.REGNWL)


@pytest.mark.parametrize(
    "secretive",
    [
        firmware(),
        SecretCredential(DEVICE_SECRET),
        TokenCredential("K19uYV000100", DEVICE_SECRET),
        Login("client", "user", DEVICE_SECRET),
    ],
)
def test_no_secret_shows_in_a_repr(secretive: object) -> None:
    assert PRODUCT_SECRET not in repr(secretive)
    assert DEVICE_SECRET not in repr(secretive)
