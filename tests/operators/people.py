"""Three fixed people, their phones, and the purpose most tests confirm."""

import re
from datetime import UTC, datetime

from operators.actor import Actor
from operators.confirmation import confirm, send_code
from operators.models import Operator, Role
from operators.operations.second_factor import StepUp
from operators.purposes import Purpose
from operators.sms.memory import Message, outbox

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SESSION = "session-one"
CHEN_PHONE = "+8613812341234"
MEI_PHONE = "+8613912345678"
PASSWORD = "correct horse battery"

TURN_ON = Purpose(
    "product.dynamic_registration",
    "product/a1Fc9Zk20Qw",
    "on",
    "turn on Dynamic Registration for product Smart Lamp (a1Fc9Zk20Qw)",
)
TURN_OFF = Purpose(
    "product.dynamic_registration",
    "product/a1Fc9Zk20Qw",
    "off",
    "turn off Dynamic Registration for product Smart Lamp (a1Fc9Zk20Qw)",
)


def person(username: str, role: Role = Role.OPERATOR, phone: str = "") -> Operator:
    """An account; with `phone`, one that has been verified."""
    return Operator.objects.create_user(
        username,
        password=PASSWORD,
        role=role,
        phone=phone,
        phone_verified_at=START if phone else None,
    )


def limited_person(username: str) -> Operator:
    """An account that sees only the products granted to it."""
    account = person(username)
    account.every_product = False
    account.save(update_fields=["every_product"])
    return account


def actor(operator: Operator) -> Actor:
    return Actor("console", operator, "192.0.2.7")


def step_up(operator: Operator) -> StepUp:
    """As if the operator had just confirmed with the factors there are now."""
    now = Operator.objects.get(pk=operator.pk)
    return StepUp(now.pk, now.factor_epoch)


def code_in(message: Message) -> str:
    found = re.search(r"\b[0-9]{6}\b", message.text)
    assert found, "no code in the message"
    return found.group()


def sent_code(operator: Operator, purpose: Purpose = TURN_ON, session: str = SESSION) -> str:
    """Send a code and read it off the phone."""
    send_code(operator, session, purpose)
    return code_in(outbox[-1])


def other_than(code: str) -> str:
    """A code that is certainly wrong."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def confirm_by_sms(
    operator: Operator, code: str, purpose: Purpose = TURN_ON, session: str = SESSION
) -> object:
    return confirm(actor(operator), session, purpose, "sms", code)
