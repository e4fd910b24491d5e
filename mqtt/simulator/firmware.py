"""Firmware of a simulated device, and its three CONNECTs (protocol.md 1.2, 2.1, 2.2).

Signing is the product's own `protocol.signing`; sizes and order of the parameters are
those of the C Link SDK.
"""

import secrets
from dataclasses import dataclass, field

from protocol.signing import SignMethod, connection_content, registration_content, sign
from protocol.validators import RegistrationMode, check_names

SDK = "simulator-1"
# What the C Link SDK signs in place of a clock: devices may have none.
TIMESTAMP = "2524608000000"
_METHOD = SignMethod.HMACSHA256


@dataclass(frozen=True, slots=True)
class Firmware:
    """The product certificate burnt into every unit, and this unit's own name.

    Cannot be built with names the platform could not have issued (MalformedError).
    """

    product_key: str
    product_secret: str = field(repr=False)
    device_name: str
    mode: RegistrationMode

    def __post_init__(self) -> None:
        check_names(self.product_key, self.device_name)

    @property
    def username(self) -> str:
        return f"{self.device_name}&{self.product_key}"

    @property
    def topic_prefix(self) -> str:
        return f"{self.product_key}/{self.device_name}"


@dataclass(frozen=True, slots=True)
class SecretCredential:
    """Credential from pre-registration."""

    device_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenCredential:
    """Credential from preregistration-free registration."""

    client_id: str
    device_token: str = field(repr=False)


Credential = SecretCredential | TokenCredential


@dataclass(frozen=True, slots=True)
class Login:
    """The clientId, username and password of a CONNECT."""

    client_id: str
    username: str
    password: str = field(repr=False)


def registration_login(firmware: Firmware) -> Login:
    """A request to be activated, signed with the ProductSecret."""
    random = str(secrets.randbits(32))
    content = registration_content(firmware.device_name, firmware.product_key, random)
    return Login(
        client_id=(
            f"{firmware.device_name}.{firmware.product_key}|random={random},"
            f"authType={firmware.mode.value},securemode=2,signmethod={_METHOD.value},_v={SDK}|"
        ),
        username=firmware.username,
        password=sign(_METHOD, firmware.product_secret, content),
    )


def connection_login(firmware: Firmware, credential: Credential) -> Login:
    """A connection with what registration handed out."""
    if isinstance(credential, TokenCredential):
        return Login(
            client_id=f"{credential.client_id}|authType=connwl,securemode=-2,_v={SDK}|",
            username=firmware.username,
            password=credential.device_token,
        )
    base = f"{firmware.product_key}.{firmware.device_name}"
    content = connection_content(base, firmware.device_name, firmware.product_key, TIMESTAMP)
    return Login(
        client_id=(
            f"{base}|timestamp={TIMESTAMP},securemode=2,signmethod={_METHOD.value},_v={SDK}|"
        ),
        username=firmware.username,
        password=sign(_METHOD, credential.device_secret, content),
    )
