"""60 s between sends, 5 an hour, 10 a day: rolling, per operator and per number."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from phonenumber_field.phonenumber import PhoneNumber
from time_machine import Traveller

from operators.confirmation import (
    ConfirmationError,
    WrongCodeError,
    challenge_state,
    send_code,
)
from operators.models import Operator, SmsSend
from operators.purposes import phone_purpose
from tests.operators.people import (
    CHEN_PHONE,
    SESSION,
    START,
    TURN_OFF,
    TURN_ON,
    confirm_by_sms,
    other_than,
    person,
    sent_code,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def send_many(clock: Traveller) -> Callable[[Operator, int, timedelta], None]:
    """Send a number of codes, one every so often, and stay at the moment of the last."""

    def send(operator: Operator, count: int, every: timedelta) -> None:
        for number in range(count):
            if number:
                clock.shift(every)
            send_code(operator, SESSION, TURN_ON)

    return send


def refused(operator: Operator) -> ConfirmationError:
    with pytest.raises(ConfirmationError) as caught:
        send_code(operator, SESSION, TURN_ON)
    return caught.value


def test_a_minute_passes_between_two_sends(chen: Operator, clock: Traveller) -> None:
    send_code(chen, SESSION, TURN_ON)
    clock.shift(18)
    error = refused(chen)
    assert error.text == "Another can be sent in 42 seconds."
    assert error.retry_after == timedelta(seconds=42)
    clock.shift(42.001)
    assert send_code(chen, SESSION, TURN_ON)


def test_a_confirmed_code_does_not_shorten_the_minute(chen: Operator, clock: Traveller) -> None:
    confirm_by_sms(chen, sent_code(chen))
    clock.shift(59)
    assert refused(chen).retry_after == timedelta(seconds=1)


def test_the_minute_covers_every_purpose_and_session(chen: Operator, clock: Traveller) -> None:
    send_code(chen, SESSION, TURN_ON)
    clock.shift(30)
    with pytest.raises(ConfirmationError):
        send_code(chen, "session-two", TURN_OFF)


def test_five_codes_an_hour(
    chen: Operator, clock: Traveller, send_many: Callable[[Operator, int, timedelta], None]
) -> None:
    send_many(chen, 5, 2 * MINUTE)
    clock.shift(2 * MINUTE)
    error = refused(chen)
    assert error.text.startswith("5 codes were sent in the last hour.")
    assert error.retry_after == 50 * MINUTE
    state = challenge_state(chen, SESSION, TURN_ON)
    assert state.resend_at == START + 60 * MINUTE
    assert "5 codes" in state.resend_reason
    clock.move_to(START + 60 * MINUTE)
    assert send_code(chen, SESSION, TURN_ON), "the oldest has left the hour"
    clock.shift(61)
    assert "5 codes" in refused(chen).text


def test_ten_codes_a_day(
    chen: Operator, clock: Traveller, send_many: Callable[[Operator, int, timedelta], None]
) -> None:
    send_many(chen, 10, 20 * MINUTE)
    clock.shift(timedelta(hours=2))
    error = refused(chen)
    assert error.text.startswith("10 codes were sent in the last 24 hours.")
    clock.move_to(START + timedelta(hours=24))
    assert send_code(chen, SESSION, TURN_ON)


def test_the_number_counts_over_operators(
    chen: Operator, clock: Traveller, send_many: Callable[[Operator, int, timedelta], None]
) -> None:
    send_many(chen, 5, 2 * MINUTE)
    duty = person("duty", phone=CHEN_PHONE)
    clock.shift(2 * MINUTE)
    assert "5 codes" in refused(duty).text


def test_the_minute_of_a_number_counts_over_operators(chen: Operator, clock: Traveller) -> None:
    duty = person("duty", phone=CHEN_PHONE)
    send_code(chen, SESSION, TURN_ON)
    clock.shift(10)
    assert refused(duty).retry_after == timedelta(seconds=50)


def test_the_operator_counts_over_numbers(
    chen: Operator, clock: Traveller, send_many: Callable[[Operator, int, timedelta], None]
) -> None:
    send_many(chen, 5, 2 * MINUTE)
    clock.shift(2 * MINUTE)
    other = PhoneNumber.from_string("+8613800000000")
    with pytest.raises(ConfirmationError, match="5 codes"):
        send_code(chen, SESSION, phone_purpose(other, chen))


def test_operators_with_numbers_of_their_own_do_not_count_together(
    chen: Operator,
    mei: Operator,
    clock: Traveller,
    send_many: Callable[[Operator, int, timedelta], None],
) -> None:
    send_many(chen, 5, 2 * MINUTE)
    assert send_code(mei, SESSION, TURN_ON)


def test_the_ledger_forgets_what_no_limit_looks_at(chen: Operator, clock: Traveller) -> None:
    send_code(chen, SESSION, TURN_ON)
    clock.shift(timedelta(days=1, seconds=1))
    send_code(chen, SESSION, TURN_ON)
    assert SmsSend.objects.count() == 1


def guess_away(operator: Operator) -> None:
    """Five wrong tries at a fresh code."""
    code = sent_code(operator)
    for _ in range(5):
        with pytest.raises(WrongCodeError):
            confirm_by_sms(operator, other_than(code))


def test_each_code_guessed_away_in_a_row_doubles_the_wait(chen: Operator, clock: Traveller) -> None:
    waits = []
    for _ in range(4):
        guess_away(chen)
        waits.append(refused(chen).retry_after)
        clock.shift(timedelta(minutes=15))
    # The first wait is within the minute between sends.
    assert waits == [MINUTE, MINUTE, 2 * MINUTE, 4 * MINUTE]


def test_a_right_code_ends_the_doubling(chen: Operator, clock: Traveller) -> None:
    guess_away(chen)
    clock.shift(15 * MINUTE)
    guess_away(chen)
    clock.shift(15 * MINUTE)
    confirm_by_sms(chen, sent_code(chen))
    clock.shift(15 * MINUTE)
    guess_away(chen)
    assert refused(chen).retry_after == MINUTE
