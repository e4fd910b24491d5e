"""A code confirms one purpose of one operator in one session, once, for five minutes."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import transaction
from django.test import override_settings
from time_machine import Traveller

from operators.confirmation import (
    ConfirmationError,
    Confirmed,
    SmsError,
    WrongCodeError,
    challenge_state,
    confirm,
    send_code,
)
from operators.models import AuditEntry, Operator, SmsDevice, SmsSend
from operators.purposes import Purpose
from operators.sms.memory import Message
from tests.operators.people import (
    CHEN_PHONE,
    SESSION,
    START,
    TURN_OFF,
    TURN_ON,
    actor,
    code_in,
    confirm_by_sms,
    other_than,
    person,
    sent_code,
)

pytestmark = pytest.mark.usefixtures("clock")


def test_the_right_code_gives_a_confirmation_of_its_purpose(chen: Operator) -> None:
    confirmed = confirm(actor(chen), SESSION, TURN_ON, "sms", sent_code(chen))
    assert (confirmed.actor, confirmed.purpose) == (actor(chen), TURN_ON)
    assert confirmed.method == "sms"


def test_a_code_pasted_with_spaces_is_read(chen: Operator) -> None:
    code = sent_code(chen)
    assert confirm_by_sms(chen, f" {code[:3]} {code[3:]} ")


def test_the_message_names_act_and_product_and_goes_to_the_verified_number(
    chen: Operator, outbox: list[Message]
) -> None:
    code = sent_code(chen)
    assert outbox[-1].number == CHEN_PHONE
    assert outbox[-1].text.startswith(
        f"Code {code} to turn on Dynamic Registration for product Smart Lamp "
        "(a1Fc9Zk20Qw). Valid for 5 minutes."
    )


def test_a_challenge_tells_when_the_code_ends_and_where_it_went(chen: Operator) -> None:
    challenge = send_code(chen, SESSION, TURN_ON)
    assert challenge.expires_at == START + timedelta(minutes=5)
    assert challenge.resend_at == START + timedelta(seconds=60)
    assert challenge.masked_number == "+86 ••• 1234"


def test_codes_are_six_random_digits(chen: Operator, clock: Traveller) -> None:
    codes = set()
    for _ in range(5):
        codes.add(sent_code(chen))
        clock.shift(61)
    assert len(codes) > 1
    assert all(len(code) == 6 and code.isdigit() for code in codes)


def test_leading_zeros_are_part_of_the_code(chen: Operator) -> None:
    with patch("operators.models.sms.secrets.randbelow", return_value=42):
        assert sent_code(chen) == "000042"
    with pytest.raises(ConfirmationError):
        confirm_by_sms(chen, "42")
    assert confirm_by_sms(chen, "000042")


def test_a_code_is_used_once(chen: Operator) -> None:
    code = sent_code(chen)
    confirm_by_sms(chen, code)
    with pytest.raises(ConfirmationError, match="No code was sent"):
        confirm_by_sms(chen, code)


def test_a_code_lives_until_the_last_instant_of_five_minutes(
    chen: Operator, clock: Traveller
) -> None:
    code = sent_code(chen)
    clock.shift(timedelta(minutes=5, microseconds=-1))
    assert confirm_by_sms(chen, code)


def test_a_code_is_dead_after_five_minutes(chen: Operator, clock: Traveller) -> None:
    code = sent_code(chen)
    clock.shift(timedelta(minutes=5))
    with pytest.raises(ConfirmationError, match="expired"):
        confirm_by_sms(chen, code)


def test_the_five_minutes_count_from_the_send_not_from_the_answer_of_the_provider(
    chen: Operator, clock: Traveller
) -> None:
    def slow(number: str, text: str, account: int) -> None:
        clock.shift(9)

    with patch("operators.sms.memory.send", slow):
        assert send_code(chen, SESSION, TURN_ON).expires_at == START + timedelta(minutes=5)


def test_a_new_code_voids_the_old_one(chen: Operator, clock: Traveller) -> None:
    old = sent_code(chen)
    clock.shift(60.001)
    new = sent_code(chen)
    with pytest.raises(WrongCodeError):
        confirm_by_sms(chen, old if old != new else other_than(new))
    assert confirm_by_sms(chen, new)


def test_a_new_code_for_another_purpose_voids_the_old_one(chen: Operator, clock: Traveller) -> None:
    old = sent_code(chen)
    clock.shift(61)
    sent_code(chen, TURN_OFF)
    with pytest.raises(ConfirmationError):
        confirm_by_sms(chen, old)


def test_each_wrong_try_is_told_and_the_fifth_voids_the_code(chen: Operator) -> None:
    code = sent_code(chen)
    left = []
    for _ in range(5):
        with pytest.raises(WrongCodeError) as caught:
            confirm_by_sms(chen, other_than(code))
        left.append(caught.value.tries_left)
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(ConfirmationError):
        confirm_by_sms(chen, code)


def test_the_right_code_on_the_fifth_try_still_confirms(chen: Operator) -> None:
    code = sent_code(chen)
    for _ in range(4):
        with pytest.raises(WrongCodeError):
            confirm_by_sms(chen, other_than(code))
    assert confirm_by_sms(chen, code)


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "12345a", "\uff11\uff12\uff13\uff14\uff15\uff16", "-12345"]
)
def test_what_cannot_be_a_code_is_refused_without_costing_a_try(chen: Operator, typed: str) -> None:
    sent_code(chen)
    with pytest.raises(ConfirmationError, match="six digits"):
        confirm_by_sms(chen, typed)
    assert challenge_state(chen, SESSION, TURN_ON).tries_left == 5


@pytest.mark.parametrize(
    "other",
    [
        TURN_OFF,
        replace(TURN_ON, act="device.delete"),
        replace(TURN_ON, target="product/another0key"),
    ],
    ids=["wished state", "act", "target"],
)
def test_a_code_opens_no_other_purpose(chen: Operator, other: Purpose) -> None:
    code = sent_code(chen)
    with pytest.raises(ConfirmationError, match="No code was sent"):
        confirm_by_sms(chen, code, other)
    assert confirm_by_sms(chen, code), "and it stays good for its own"


def test_a_code_opens_nothing_in_another_session(chen: Operator) -> None:
    code = sent_code(chen)
    with pytest.raises(ConfirmationError, match="No code was sent"):
        confirm_by_sms(chen, code, session="session-two")


def test_a_code_opens_nothing_for_another_operator(chen: Operator, mei: Operator) -> None:
    code = sent_code(chen)
    with pytest.raises(ConfirmationError, match="No code was sent"):
        confirm_by_sms(mei, code)


def test_two_operators_with_one_duty_phone_have_a_code_each(
    chen: Operator, clock: Traveller
) -> None:
    duty = person("duty", phone=CHEN_PHONE)
    of_chen = sent_code(chen)
    clock.shift(61)
    of_duty = sent_code(duty)
    with pytest.raises(ConfirmationError):
        confirm_by_sms(duty, of_chen if of_chen != of_duty else other_than(of_duty))
    assert confirm_by_sms(duty, of_duty)
    assert confirm_by_sms(chen, of_chen)


def test_a_number_that_is_not_verified_gets_no_code(outbox: list[Message], chen: Operator) -> None:
    Operator.objects.update(phone_verified_at=None)
    chen.refresh_from_db()
    with pytest.raises(ConfirmationError, match="No phone number is verified"):
        send_code(chen, SESSION, TURN_ON)
    assert not outbox


def test_a_viewer_confirms_nothing_that_changes_a_product(vik: Operator) -> None:
    with pytest.raises(ConfirmationError, match="look but not change"):
        send_code(vik, SESSION, TURN_ON)
    with pytest.raises(ConfirmationError, match="look but not change"):
        confirm(actor(vik), SESSION, TURN_ON, "totp", "123456")


def test_an_unknown_method_confirms_nothing(chen: Operator) -> None:
    with pytest.raises(ConfirmationError, match="method cannot confirm this"):
        confirm(actor(chen), SESSION, TURN_ON, "carrier pigeon", "123456")


def test_a_confirmation_is_not_made_by_hand(chen: Operator) -> None:
    with pytest.raises(TypeError):
        Confirmed(actor(chen), TURN_ON, "sms")


def test_the_shell_confirms_without_a_code() -> None:
    confirmed = Confirmed.by_shell(TURN_ON)
    assert str(confirmed.actor) == "shell"
    assert confirmed.purpose == TURN_ON


def test_a_refused_send_changes_nothing(chen: Operator, outbox: list[Message]) -> None:
    with (
        patch("operators.sms.memory.send", side_effect=SmsError("number is wrong", refused=True)),
        pytest.raises(SmsError, match="number is wrong"),
    ):
        send_code(chen, SESSION, TURN_ON)
    state = challenge_state(chen, SESSION, TURN_ON)
    assert not state.code_waiting
    assert state.resend_at is None, "it costs no quota and no wait"
    assert not SmsSend.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_code_of_a_failed_send_opens_nothing_and_the_one_before_stays(
    chen: Operator, clock: Traveller
) -> None:
    first = sent_code(chen)
    clock.shift(61)
    delivered: list[Message] = []

    def delivers_and_fails(number: str, text: str, account: int) -> None:
        delivered.append(Message(number, text))
        raise SmsError("no answer")

    with (
        patch("operators.sms.memory.send", delivers_and_fails),
        pytest.raises(SmsError),
    ):
        send_code(chen, SESSION, TURN_ON)
    lost = code_in(delivered[0])
    with pytest.raises(WrongCodeError):
        confirm_by_sms(chen, lost if lost != first else other_than(first))
    assert confirm_by_sms(chen, first)


@pytest.mark.parametrize("failure", [SmsError("no answer"), ZeroDivisionError(), SystemExit()])
def test_what_may_have_been_sent_counts_however_sending_ended(
    chen: Operator, failure: BaseException
) -> None:
    with (
        patch("operators.sms.memory.send", side_effect=failure),
        pytest.raises(type(failure)),
    ):
        send_code(chen, SESSION, TURN_ON)
    state = challenge_state(chen, SESSION, TURN_ON)
    assert not state.code_waiting
    assert state.resend_at == START + timedelta(seconds=60)
    assert SmsSend.objects.count() == 1


def test_the_message_leaves_outside_any_transaction(transactional_db: None) -> None:
    open_transactions: list[bool] = []
    chen = person("chen", phone=CHEN_PHONE)

    def look(number: str, text: str, account: int) -> None:
        open_transactions.append(transaction.get_connection().in_atomic_block)

    with patch("operators.sms.memory.send", look):
        send_code(chen, SESSION, TURN_ON)
    assert open_transactions == [False]


def test_neither_sending_nor_confirming_joins_a_transaction(transactional_db: None) -> None:
    chen = person("chen", phone=CHEN_PHONE)
    with pytest.raises(RuntimeError), transaction.atomic():
        send_code(chen, SESSION, TURN_ON)
    with pytest.raises(RuntimeError), transaction.atomic():
        confirm_by_sms(chen, "123456")


def test_a_wrong_try_stays_counted_although_the_error_is_raised(transactional_db: None) -> None:
    chen = person("chen", phone=CHEN_PHONE)
    code = sent_code(chen)
    with pytest.raises(WrongCodeError):
        confirm_by_sms(chen, other_than(code))
    assert challenge_state(chen, SESSION, TURN_ON).tries_left == 4
    assert AuditEntry.objects.filter(act="confirmation.refused").count() == 1


def test_sends_and_wrong_codes_are_audited_under_the_target(chen: Operator) -> None:
    code = sent_code(chen)
    with pytest.raises(WrongCodeError):
        confirm_by_sms(chen, other_than(code))
    entries = AuditEntry.objects.filter(target=TURN_ON.target, operator=chen)
    assert [entry.act for entry in entries] == ["confirmation.refused", "confirmation.send"]
    assert entries[0].text == f"Wrong SMS code to {TURN_ON.words}"
    assert entries[1].text == f"Sent a code to +86 ••• 1234 to {TURN_ON.words}"


def test_only_a_keyed_digest_of_the_code_is_stored(chen: Operator) -> None:
    code = sent_code(chen)
    device = SmsDevice.objects.get()
    assert device.token is not None
    assert len(device.token) == 64
    stored = " ".join(str(value) for value in SmsDevice.objects.values().get().values())
    assert code not in stored
    assert SESSION not in stored


def test_the_stored_digest_depends_on_the_key(chen: Operator) -> None:
    code = sent_code(chen)
    with (
        override_settings(CODE_DIGEST_KEY="another key"),
        pytest.raises(ConfirmationError),
    ):
        confirm_by_sms(chen, code)


def test_the_inherited_ways_to_make_and_check_a_code_are_closed(chen: Operator) -> None:
    code = sent_code(chen)
    device = SmsDevice.objects.get()
    with pytest.raises(NotImplementedError):
        device.generate_token()
    assert not device.verify_token(code), "without a binding no code is right"
    assert confirm_by_sms(chen, code)


def test_the_state_follows_the_code(chen: Operator, clock: Traveller) -> None:
    before = challenge_state(chen, SESSION, TURN_ON)
    assert (before.masked_number, before.code_waiting) == ("+86 ••• 1234", False)
    assert before.resend_at is None

    code = sent_code(chen)
    waiting = challenge_state(chen, SESSION, TURN_ON)
    assert waiting.code_waiting
    assert waiting.expires_at == START + timedelta(minutes=5)
    assert waiting.resend_at == START + timedelta(seconds=60)
    assert not challenge_state(chen, "session-two", TURN_ON).code_waiting
    assert not challenge_state(chen, SESSION, TURN_OFF).code_waiting

    with pytest.raises(WrongCodeError):
        confirm_by_sms(chen, other_than(code))
    assert challenge_state(chen, SESSION, TURN_ON).tries_left == 4
    clock.shift(timedelta(minutes=5))
    assert not challenge_state(chen, SESSION, TURN_ON).code_waiting


def test_a_confirmation_needs_a_session(chen: Operator) -> None:
    with pytest.raises(ValueError, match="session"):
        send_code(chen, "", TURN_ON)
