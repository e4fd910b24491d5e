"""Reasons why a device was accepted, refused or cut off, and what is known about each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from common.text.stored_messages import translated
from protocol import mqtt


class Reason(StrEnum):
    """The log keeps its value. `logs.reasons.REASONS` knows the rest."""

    OK = "ok"
    BAD_PARAMETERS = "bad_parameters"
    NO_TLS = "no_tls"
    UNSUPPORTED_SIGN_METHOD = "unsupported_sign_method"
    PRODUCT_NOT_FOUND = "product_not_found"
    BAD_SIGNATURE = "bad_signature"
    DYNAMIC_REGISTRATION_OFF = "dynamic_registration_off"
    WINDOW_CLOSED = "window_closed"
    BUDGET_USED_UP = "budget_used_up"
    NAME_NOT_ALLOWED = "name_not_allowed"
    NAME_NOT_CARRIED = "name_not_carried"
    NETWORK_NOT_ALLOWED = "network_not_allowed"
    MODE_NOT_ALLOWED = "mode_not_allowed"
    REGISTRATION_REFUSED = "registration_refused"
    DEVICE_NOT_FOUND = "device_not_found"
    DEVICE_DISABLED = "device_disabled"
    ALREADY_ACTIVATED = "already_activated"
    CLIENT_ID_LIMIT = "client_id_limit"
    SLOT_RECLAIMED = "slot_reclaimed"
    UNKNOWN_DEVICE = "unknown_device"
    BAD_CREDENTIAL = "bad_credential"
    CLIENT_ID_VOID = "client_id_void"
    SECRET_BLOCKED = "secret_blocked"  # noqa: S105 - a reason
    KEEPALIVE_OUT_OF_RANGE = "keepalive_out_of_range"
    REGISTRATION_AT_BROKER = "registration_at_broker"
    DATA_CONNECTIONS_ELSEWHERE = "data_connections_elsewhere"
    TOO_MANY_FAILURES = "too_many_failures"
    SERVER_ERROR = "server_error"
    ONLINE = "online"
    ACTIVATED = "activated"
    DEVICE_DISCONNECT = "device_disconnect"
    CONNECTION_LOST = "connection_lost"
    KEEPALIVE_TIMEOUT = "keepalive_timeout"
    TAKEOVER = "takeover"
    SWITCH = "switch"
    CLEAR = "clear"
    DISABLE = "disable"
    DELETE = "delete"
    PROTOCOL_ERROR = "protocol_error"
    SESSION_ENDED = "session_ended"
    SERVER_STOPPED = "server_stopped"
    SERVER_LOST = "server_lost"
    TOPIC_DENIED = "topic_denied"


class HttpAnswer(NamedTuple):
    """The answer to a registration over HTTPS: its code and message."""

    code: int
    message: str


PARAMETER_ERROR = HttpAnswer(460, "request parameter error")
# Before the signature is proven there is one answer, whatever the reason: a stranger learns neither
# which products and devices exist nor what state they are in. So 6250 is in the log only.
UNPROVEN = HttpAnswer(6600, "signature check failed")
CLOSED = HttpAnswer(6288, "dynamic registration is disabled")


@dataclass(frozen=True, slots=True)
class ReasonFacts:
    """`code` is what the log and the API show; `next_step` tells the operator what to do.

    The texts are kept in English and read in the reader's language. `http` and the CONNACK codes
    are the device's answers (rules.md 4.2, 4.13, protocol.md 2.3, console_api.md 2.2).
    """

    key: str
    code: str
    title_id: str
    explanation_id: str
    next_step_id: str = ""
    registration_connack: int = mqtt.CONNACK_CREDENTIALS
    connection_connack: int = mqtt.CONNACK_NOT_AUTHORISED
    http: HttpAnswer = UNPROVEN

    @property
    def title(self) -> str:
        return translated(self.title_id)

    @property
    def explanation(self) -> str:
        return translated(self.explanation_id)

    @property
    def next_step(self) -> str:
        return translated(self.next_step_id)

    def connack_of(self, *, registration: bool) -> int:
        """The code that answers a CONNECT that is refused for this reason."""
        return self.registration_connack if registration else self.connection_connack
