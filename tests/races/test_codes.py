"""Codes typed, sent and guessed at the same time."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django_otp.oath import totp
from phonenumber_field.phonenumber import PhoneNumber

from operators.actor import Actor
from operators.confirmation import (
    ConfirmationError,
    Confirmed,
    WrongCodeError,
    confirm,
    send_code,
)
from operators.models import Authenticator, Operator, Role, SmsDevice, SmsLine, SmsSend
from operators.operations import backup_codes
from operators.operations.passwords import Attempt, Source, TooManyTriesError
from operators.purposes import Purpose, phone_purpose
from operators.sms import memory
from tests.operators.people import step_up
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

TURN_ON = Purpose("product.dynamic_registration", "product/a1", "on", "turn on …")
SESSION = "session"


@pytest.fixture
def chen() -> Operator:
    memory.outbox.clear()
    return person("chen", "+8613812341234")


def person(username: str, phone: str) -> Operator:
    return Operator.objects.create_user(
        username, role=Role.OPERATOR, phone=phone, phone_verified_at=datetime.now(UTC)
    )


def sent(operator: Operator) -> str:
    send_code(operator, SESSION, TURN_ON)
    return memory.outbox[-1].text.split()[1]


def typed(operator: Operator, method: str, code: str) -> Confirmed | ConfirmationError:
    try:
        return confirm(Actor("console", operator), SESSION, TURN_ON, method, code)
    except ConfirmationError as error:
        return error


def confirmations(outcomes: list[Confirmed | ConfirmationError]) -> int:
    return sum(isinstance(outcome, Confirmed) for outcome in outcomes)


def wrong_codes(outcomes: list[Confirmed | ConfirmationError]) -> int:
    return sum(isinstance(outcome, WrongCodeError) for outcome in outcomes)


def test_the_same_right_code_confirms_once(chen: Operator) -> None:
    outcomes = at_once(*[partial(typed, chen, "sms", sent(chen))] * 20)
    assert confirmations(outcomes) == 1


def test_parallel_guesses_get_five_tries_together(chen: Operator) -> None:
    code = sent(chen)
    guesses = [f"{(int(code) + n) % 1_000_000:06}" for n in range(1, 41)]
    outcomes = at_once(*[partial(typed, chen, "sms", guess) for guess in guesses])
    assert wrong_codes(outcomes) == 5
    device = SmsDevice.objects.get()
    assert device.token is None
    assert device.throttling_failure_count == 1
    assert not isinstance(typed(chen, "sms", code), Confirmed)


def test_the_same_backup_code_confirms_once(chen: Operator) -> None:
    code = backup_codes.renew(Actor("console", chen), chen, step_up(chen))[0]
    outcomes = at_once(*[partial(typed, chen, "backup", code)] * 20)
    assert confirmations(outcomes) == 1
    assert backup_codes.left(chen) == 9


def test_the_same_authenticator_code_confirms_once(chen: Operator) -> None:
    device = Authenticator.objects.create(user=chen, name="Authenticator", confirmed=True)
    code = f"{totp(device.bin_key):06}"
    outcomes = at_once(*[partial(typed, chen, "totp", code)] * 20)
    assert confirmations(outcomes) == 1


@pytest.mark.parametrize("method", ["totp", "backup"])
def test_of_parallel_guesses_one_is_looked_at_and_the_others_wait(
    chen: Operator, method: str
) -> None:
    device = Authenticator.objects.create(user=chen, name="Authenticator", confirmed=True)
    backup_codes.renew(Actor("console", chen), chen, step_up(chen))
    shown = totp(device.bin_key)
    guesses = [partial(typed, chen, method, f"{(shown + 500_000) % 1_000_000:06}")] * 20
    assert wrong_codes(at_once(*guesses)) == 1


def ask(operator: Operator, purpose: Purpose) -> bool:
    try:
        send_code(operator, SESSION, purpose)
    except ConfirmationError:
        return False
    return True


def test_one_of_many_sends_at_once_goes_out(chen: Operator) -> None:
    assert sum(at_once(*[partial(ask, chen, TURN_ON)] * 20)) == 1
    assert len(memory.outbox) == 1
    assert SmsSend.objects.count() == 1


def test_one_of_many_sends_of_one_operator_to_many_numbers_goes_out(chen: Operator) -> None:
    numbers = [PhoneNumber.from_string(f"+86138000000{n:02}") for n in range(20)]
    calls = [partial(ask, chen, phone_purpose(number, chen)) for number in numbers]
    assert sum(at_once(*calls)) == 1
    assert len(memory.outbox) == 1


@pytest.mark.parametrize("known", [True, False], ids=["known number", "new number"])
def test_one_of_many_sends_of_many_operators_to_one_number_goes_out(
    chen: Operator, *, known: bool
) -> None:
    number = PhoneNumber.from_string("+8613800000000")
    if known:
        SmsLine.objects.create(number=number)
    people = [person(f"operator-{n}", f"+861390000{n:04}") for n in range(20)]
    calls = [partial(ask, one, phone_purpose(number, one)) for one in people]
    assert sum(at_once(*calls)) == 1
    assert len(memory.outbox) == 1


def tried(right: bool) -> bool:
    """Whether the password was looked at and answered."""
    attempt = Attempt("chen", Source("192.0.2.7"))
    try:
        attempt.require_allowed()
        attempt.settle(right=right)
    except TooManyTriesError:
        return False
    return True


def test_parallel_wrong_passwords_get_no_more_tries_than_one_after_the_other() -> None:
    assert sum(at_once(*[partial(tried, False)] * 30)) == 5
    assert not tried(True)


def test_parallel_right_passwords_are_all_accepted() -> None:
    assert all(at_once(*[partial(tried, True)] * 24))
