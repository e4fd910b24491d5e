"""CONNACK and push: what a device is told of an outcome."""

from logs.reasons import REASONS, Reason
from mqtt.listener.dispatch import Outcome
from protocol import mqtt, push
from registration.operations.client_id_slots import ClientIdIssued
from registration.operations.proof import RegistrationRequest
from registration.operations.register import SecretIssued

ACCEPTED = mqtt.connack(mqtt.CONNACK_ACCEPTED)
KICKED = mqtt.publish(*push.kick_notice())


def connack_of(reason: Reason, *, registration: bool) -> int:
    """The code that answers a refusal."""
    return REASONS[reason].connack_of(registration=registration)


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
