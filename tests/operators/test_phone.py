"""A number is verified by a code that was sent to it, and by nothing else."""

import pytest
from phonenumber_field.phonenumber import PhoneNumber
from time_machine import Traveller

from operators.confirmation import ConfirmationError, Confirmed, confirm, send_code
from operators.models import AuditEntry, Operator, SmsDevice
from operators.operations import backup_codes
from operators.operations.phone import set_phone
from operators.purposes import phone_purpose
from operators.sms.memory import Message
from tests.operators.people import (
    CHEN_PHONE,
    SESSION,
    START,
    TURN_ON,
    actor,
    confirm_by_sms,
    sent_code,
    step_up,
)

NEW = PhoneNumber.from_string("+8613600001111")
OTHER = PhoneNumber.from_string("+8613600002222")

pytestmark = pytest.mark.usefixtures("clock")


def verify(operator: Operator, number: PhoneNumber) -> None:
    purpose = phone_purpose(number, operator)
    code = sent_code(operator, purpose)
    set_phone(confirm(actor(operator), SESSION, purpose, "sms", code), step_up(operator))
    operator.refresh_from_db()


def test_the_code_goes_to_the_new_number(chen: Operator, outbox: list[Message]) -> None:
    send_code(chen, SESSION, phone_purpose(NEW, chen))
    assert outbox[-1].number == NEW.as_e164
    assert "verify this phone for chen" in outbox[-1].text


def test_until_it_comes_back_the_old_number_stays(chen: Operator) -> None:
    send_code(chen, SESSION, phone_purpose(NEW, chen))
    chen.refresh_from_db()
    assert chen.phone == CHEN_PHONE
    assert not SmsDevice.objects.get(line__number=NEW).confirmed


def test_the_right_code_makes_the_number_the_operators(vik: Operator) -> None:
    verify(vik, NEW)
    assert vik.phone == NEW
    assert vik.phone_verified_at == START
    assert SmsDevice.objects.get().confirmed
    entry = AuditEntry.objects.get(act="phone.verify")
    assert (entry.operator, entry.target) == (vik, "operator/vik")
    assert entry.text == "Verified phone +86 ••• 1111"


def test_codes_then_go_to_the_new_number(
    chen: Operator, clock: Traveller, outbox: list[Message]
) -> None:
    verify(chen, NEW)
    clock.shift(61)
    send_code(chen, SESSION, TURN_ON)
    assert outbox[-1].number == NEW.as_e164
    assert not SmsDevice.objects.filter(line__number=CHEN_PHONE, confirmed=True).exists()


def test_a_code_for_one_number_verifies_no_other(vik: Operator) -> None:
    code = sent_code(vik, phone_purpose(NEW, vik))
    with pytest.raises(ConfirmationError, match="No code was sent"):
        confirm_by_sms(vik, code, phone_purpose(OTHER, vik))


def test_a_code_that_verifies_a_phone_turns_nothing_on(chen: Operator) -> None:
    code = sent_code(chen, phone_purpose(PhoneNumber.from_string(CHEN_PHONE), chen))
    with pytest.raises(ConfirmationError):
        confirm_by_sms(chen, code, TURN_ON)


@pytest.mark.parametrize("method", ["totp", "backup"])
def test_no_other_method_verifies_a_number(chen: Operator, method: str) -> None:
    code = backup_codes.renew(actor(chen), chen, step_up(chen))[0]
    with pytest.raises(ConfirmationError, match="method cannot confirm this"):
        confirm(actor(chen), SESSION, phone_purpose(NEW, chen), method, code)


def test_a_confirmation_of_something_else_sets_no_phone(chen: Operator) -> None:
    confirmed = confirm(actor(chen), SESSION, TURN_ON, "sms", sent_code(chen))
    with pytest.raises(ValueError, match="something else"):
        set_phone(confirmed, step_up(chen))


def test_the_shell_has_no_phone(chen: Operator) -> None:
    with pytest.raises(ValueError, match="something else"):
        set_phone(Confirmed.by_shell(phone_purpose(NEW, chen)), None)
