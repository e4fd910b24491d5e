"""Outcomes as the device is told them: one of five codes, or what it asked for."""

from collections.abc import Mapping

from protocol import mqtt, push
from registration.listener.work import Outcome
from registration.operations.proof import RegistrationRequest
from registration.operations.register import SecretIssued
from registration.operations.slots import ClientIdIssued

ACCEPTED = mqtt.connack(mqtt.CONNACK_ACCEPTED)
KICKED = mqtt.publish(*push.kick_notice())

# Which CONNACK tells of which reason (rules.md 4.2, 4.13); all others are 4 and 5.
_REGISTRATION: Mapping[str, int] = {
    "bad_parameters": mqtt.CONNACK_IDENTIFIER,
    "unsupported_sign_method": mqtt.CONNACK_IDENTIFIER,
    "no_tls": mqtt.CONNACK_IDENTIFIER,
    "server_error": mqtt.CONNACK_UNAVAILABLE,
}
_CONNECTION: Mapping[str, int] = {
    "bad_parameters": mqtt.CONNACK_IDENTIFIER,
    "unsupported_sign_method": mqtt.CONNACK_IDENTIFIER,
    "keepalive_out_of_range": mqtt.CONNACK_IDENTIFIER,
    "server_error": mqtt.CONNACK_UNAVAILABLE,
}


def connack_of(reason: str, *, registration: bool) -> int:
    """The code that answers a refusal for `reason`, a key of devices.reasons.REASONS."""
    if registration:
        return _REGISTRATION.get(reason, mqtt.CONNACK_CREDENTIALS)
    return _CONNECTION.get(reason, mqtt.CONNACK_NOT_AUTHORISED)


def issued(request: RegistrationRequest, outcome: Outcome) -> bytes:
    """CONNACK and push, to leave in one write. TypeError for an outcome that issues nothing."""
    match outcome:
        case SecretIssued():
            message = push.register_push(outcome.device_secret, *request.name)
        case ClientIdIssued():
            message = push.regnwl_push(outcome.client_id, *request.name, outcome.device_token)
        case _:
            raise TypeError(type(outcome).__name__)
    return ACCEPTED + mqtt.publish(*message)
