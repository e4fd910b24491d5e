"""Parameters of a CONNECT: the list in its clientId, and the names in its username.

    <base>|securemode=2,signmethod=hmacsha256,timestamp=789,…|        {deviceName}&{productKey}

Three kinds are told apart (protocol.md 7): registration (`authType=register|regnwl`), connection
with a DeviceToken (`authType=connwl`, or `securemode=-2` without authType), and otherwise
connection with the DeviceSecret's signature. `instanceId` and unknown parameters are ignored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from protocol.signing import SignMethod
from protocol.validators import (
    CODE_PARAMETER,
    CODE_SIGN_METHOD,
    MAX_PARAMS,
    ConnectParams,
    MalformedError,
    RegistrationMode,
    RegistrationParams,
    SignatureParams,
    TokenParams,
    check_base,
    is_device_name,
    is_product_key,
    label,
    require,
)

__all__ = [
    "ClientId",
    "ConnectParams",
    "ParameterError",
    "RegistrationMode",
    "RegistrationParams",
    "SignatureParams",
    "TokenParams",
    "parse_client_id",
    "parse_connect",
    "parse_registration_form",
]

CONNACK_IDENTIFIER = 2
CONNACK_CREDENTIALS = 4

# The SDKs send 2 whatever the documents say; newer firmware sends -2 (protocol.md 1.2).
_REGISTRATION_SECURE_MODES = (2, -2)
_SECURE_MODE_TOKEN = -2
_SECURE_MODE = re.compile(r"-?[0-9]{1,2}")
_REGISTRATION_MODES: Mapping[str, RegistrationMode] = {m.value: m for m in RegistrationMode}


class ParameterError(ValueError):
    """A request whose parameters are missing or malformed.

    `problem` names the parameter, never its value; `code` is the platform's, 460 or 6292.
    `product_key`, `device_name` and `client_id` are those of the request as far as they are
    fit for the log, else empty.
    """

    def __init__(
        self,
        connack: int,
        problem: str,
        *,
        code: str = CODE_PARAMETER,
        registration: bool = False,
        product_key: str = "",
        device_name: str = "",
        client_id: str = "",
    ) -> None:
        super().__init__(problem)
        self.connack = connack
        self.problem = problem
        self.code = code
        self.registration = registration
        self.product_key = product_key if is_product_key(product_key) else ""
        self.device_name = device_name if is_device_name(device_name) else ""
        self.client_id = label(client_id)


@dataclass(frozen=True, slots=True)
class ClientId:
    """A clientId taken apart. `well_formed` is false when no closed parameter block follows.

    With `too_many` parameters, `params` are the first MAX_PARAMS.
    """

    base: str
    params: Mapping[str, str]
    well_formed: bool
    too_many: bool = False


def parse_client_id(text: str) -> ClientId:
    """Split at the first `|`, drop one final `|`, split on `,`, strip, split at the first `=`.

    Real SDKs send empty parameters, newlines between them, bare words and values containing `|`
    (protocol.md 2.1). Bare words and empty parameters are dropped; of a repeated one the first
    counts, so that nothing appended to a request changes what it asks for.
    """
    base, _, block = text.partition("|")
    well_formed = block.endswith("|")
    params: dict[str, str] = {}
    tokens = block.removesuffix("|").split(",", MAX_PARAMS)
    for token in tokens[:MAX_PARAMS]:
        name, separator, value = token.strip().partition("=")
        if separator and name:
            params.setdefault(name, value)
    return ClientId(base, MappingProxyType(params), well_formed, len(tokens) > MAX_PARAMS)


def parse_connect(
    client_id: str, username: str | None, password: bytes | None = b""
) -> ConnectParams:
    """Parse a CONNECT. Of the password only its presence matters here.

    Raises ParameterError: CONNACK 2, except that a username or password that is malformed or
    missing gives 4 on a connection (protocol.md 2.3) and 2 on a registration (protocol.md 1.3).
    """
    parsed = parse_client_id(client_id)
    device_name, _, product_key = (username or "").partition("&")
    try:
        params = _build(parsed, product_key, device_name)
        if password is None:
            raise MalformedError("password is missing", credentials=True)
    except MalformedError as error:
        registration = _registration_mode(parsed) is not None
        credentials = error.credentials and not registration
        raise ParameterError(
            CONNACK_CREDENTIALS if credentials else CONNACK_IDENTIFIER,
            str(error),
            code=error.code,
            registration=registration,
            product_key=product_key,
            device_name=device_name,
            client_id=parsed.base,
        ) from None
    return params


def parse_registration_form(fields: Mapping[str, str]) -> RegistrationParams:
    """The fields of an HTTPS registration (protocol.md 3.1), which knows `register` only.

    Raises ParameterError, whose `code` goes into the error envelope. `sign` is the caller's.
    """
    product_key, device_name = fields.get("productKey", ""), fields.get("deviceName", "")
    try:
        return RegistrationParams(
            mode=RegistrationMode.REGISTER,
            product_key=product_key,
            device_name=device_name,
            random=fields.get("random", ""),
            sign_method=_sign_method("signMethod", fields.get("signMethod")),
        )
    except MalformedError as error:
        raise ParameterError(
            CONNACK_IDENTIFIER,
            str(error),
            code=error.code,
            registration=True,
            product_key=product_key,
            device_name=device_name,
        ) from None


def _build(parsed: ClientId, product_key: str, device_name: str) -> ConnectParams:
    require(parsed.well_formed, "clientId has no parameter list closed with |")
    require(not parsed.too_many, f"clientId has more than {MAX_PARAMS} parameters")
    check_base(parsed.base)
    secure_mode = _secure_mode(parsed.params.get("securemode"))
    mode = _registration_mode(parsed)
    if mode is not None:
        return _registration(parsed, product_key, device_name, mode, secure_mode)
    auth_type = parsed.params.get("authType")
    require(auth_type in (None, "connwl"), "authType is unknown")
    if auth_type == "connwl" or secure_mode == _SECURE_MODE_TOKEN:
        return _token(parsed, product_key, device_name)
    return _signature(parsed, product_key, device_name, secure_mode)


def _registration_mode(parsed: ClientId) -> RegistrationMode | None:
    return _REGISTRATION_MODES.get(parsed.params.get("authType", ""))


def _registration(
    parsed: ClientId,
    product_key: str,
    device_name: str,
    mode: RegistrationMode,
    secure_mode: int | None,
) -> RegistrationParams:
    require(secure_mode in _REGISTRATION_SECURE_MODES, "securemode is neither 2 nor -2")
    params = parsed.params
    return RegistrationParams(
        mode=mode,
        product_key=product_key,
        device_name=device_name,
        random=params.get("random", ""),
        sign_method=_sign_method("signmethod", params.get("signmethod")),
        client_id_base=parsed.base,
        secure_mode=secure_mode,
        sdk=label(params.get("_v", "")),
        lan=label(params.get("lan", "")),
    )


def _signature(
    parsed: ClientId, product_key: str, device_name: str, secure_mode: int | None
) -> SignatureParams:
    params = parsed.params
    return SignatureParams(
        product_key=product_key,
        device_name=device_name,
        client_id_base=parsed.base,
        # hmacmd5 is the platform's default for connections (protocol.md 2.1).
        sign_method=_sign_method("signmethod", params.get("signmethod", "hmacmd5")),
        timestamp=params.get("timestamp"),
        secure_mode=secure_mode,
        sdk=label(params.get("_v", "")),
        lan=label(params.get("lan", "")),
    )


def _token(parsed: ClientId, product_key: str, device_name: str) -> TokenParams:
    return TokenParams(
        product_key=product_key,
        device_name=device_name,
        client_id=parsed.base,
        sdk=label(parsed.params.get("_v", "")),
        lan=label(parsed.params.get("lan", "")),
    )


def _sign_method(name: str, text: str | None) -> SignMethod:
    if text is None:
        raise MalformedError(f"{name} is missing")
    method = SignMethod.parse(text)
    if method is None:
        raise MalformedError(f"{name} is not supported", code=CODE_SIGN_METHOD)
    return method


def _secure_mode(text: str | None) -> int | None:
    """None when absent: then authType alone decides."""
    if text is None:
        return None
    require(_SECURE_MODE.fullmatch(text) is not None, "securemode is not a number")
    return int(text)
