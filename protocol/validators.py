"""The three things a device can ask for, as values that cannot be built malformed.

What they hold has a known shape and a bounded length, fit for the database and the log; sizes and
alphabets are those of protocol.md 5.1 and 5.3.
"""

import enum
import re
from dataclasses import dataclass

from protocol.signing import SignMethod, connection_content, registration_content

MAX_BASE = 64  # characters before the first "|" of a clientId
MAX_SIGNED_VALUE = 128  # random and timestamp: SDKs send 15, the platform names no limit
MAX_PARAMS = 64  # of a clientId: SDKs send a dozen, and 8 KiB could hold eight thousand
MAX_LABEL = 64  # what is kept of `_v` and `lan`

CODE_PARAMETER = "460"
CODE_SIGN_METHOD = "6292"

PRODUCT_KEY_PATTERN = r"[A-Za-z0-9]{1,20}"
DEVICE_NAME_PATTERN = r"[A-Za-z0-9\-_@.:]{4,32}"

_PRODUCT_KEY = re.compile(PRODUCT_KEY_PATTERN)
_DEVICE_NAME = re.compile(DEVICE_NAME_PATTERN)


class RegistrationMode(enum.StrEnum):
    """Pre-registration, which hands out the DeviceSecret, and preregistration-free."""

    REGISTER = "register"
    REGNWL = "regnwl"


class MalformedError(ValueError):
    """A parameter is missing or wrong; its text names the parameter, never the value.

    `code` is the platform's (460, or 6292 for signmethod); `credentials` is true when it is the
    username or the password, which a connection answers with another CONNACK code.
    """

    def __init__(
        self, problem: str, *, code: str = CODE_PARAMETER, credentials: bool = False
    ) -> None:
        super().__init__(problem)
        self.code = code
        self.credentials = credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationParams:
    """A request to be activated. Over HTTPS there is neither clientId nor securemode."""

    mode: RegistrationMode
    product_key: str
    device_name: str
    random: str
    sign_method: SignMethod
    client_id_base: str = ""
    secure_mode: int | None = None
    sdk: str = ""
    lan: str = ""

    def __post_init__(self) -> None:
        check_names(self.product_key, self.device_name)
        require(bool(self.random), "random is missing")
        _check_text("random", self.random, MAX_SIGNED_VALUE)
        _check_text("clientId", self.client_id_base, MAX_BASE)
        _check_labels(self.sdk, self.lan)

    @property
    def content(self) -> bytes:
        """Content that the device signed with the ProductSecret."""
        return registration_content(self.device_name, self.product_key, self.random)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureParams:
    """A connection whose password is a signature with the DeviceSecret."""

    product_key: str
    device_name: str
    client_id_base: str
    sign_method: SignMethod = SignMethod.HMACMD5
    timestamp: str | None = None
    secure_mode: int | None = None
    sdk: str = ""
    lan: str = ""

    def __post_init__(self) -> None:
        check_names(self.product_key, self.device_name)
        check_base(self.client_id_base)
        _check_text("timestamp", self.timestamp or "", MAX_SIGNED_VALUE)
        _check_labels(self.sdk, self.lan)

    @property
    def content(self) -> bytes:
        """Content that the device signed with the DeviceSecret."""
        return connection_content(
            self.client_id_base, self.device_name, self.product_key, self.timestamp
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenParams:
    """A connection whose password is the DeviceToken issued together with this ClientID."""

    product_key: str
    device_name: str
    client_id: str
    sdk: str = ""
    lan: str = ""

    def __post_init__(self) -> None:
        check_names(self.product_key, self.device_name)
        check_base(self.client_id)
        _check_labels(self.sdk, self.lan)


ConnectParams = RegistrationParams | SignatureParams | TokenParams


def is_product_key(text: str) -> bool:
    """Up to 20 alphanumerics; the platform issues 11."""
    return _PRODUCT_KEY.fullmatch(text) is not None


def is_device_name(text: str) -> bool:
    """4 to 32 of `A-Za-z0-9-_@.:`."""
    return _DEVICE_NAME.fullmatch(text) is not None


def label(text: str) -> str:
    """`text` made fit for the log: printable, at most 64 characters."""
    if not text.isprintable():
        text = "".join(filter(str.isprintable, text[: 8 * MAX_LABEL]))
    return text[:MAX_LABEL]


def require(holds: bool, problem: str) -> None:
    """Raise MalformedError unless `holds`."""
    if not holds:
        raise MalformedError(problem)


def check_base(base: str) -> None:
    """A clientId needs something in front of its parameters."""
    require(bool(base), "clientId is empty")
    _check_text("clientId", base, MAX_BASE)


def check_names(product_key: str, device_name: str) -> None:
    """Raise MalformedError unless both are names the platform could have issued."""
    if not is_device_name(device_name):
        raise MalformedError("deviceName is missing or malformed", credentials=True)
    if not is_product_key(product_key):
        raise MalformedError("productKey is missing or malformed", credentials=True)


def _check_text(name: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise MalformedError(f"{name} is longer than {longest} characters")
    if not text.isprintable():
        raise MalformedError(f"{name} contains unprintable characters")


def _check_labels(*labels: str) -> None:
    for text in labels:
        if text and label(text) != text:
            raise MalformedError("_v or lan is not a label")
