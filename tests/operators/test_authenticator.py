"""An authenticator is set up by its first right code, and each of its codes confirms once."""

from datetime import timedelta

import pytest
from django_otp.oath import totp
from time_machine import Traveller

from operators.confirmation import ConfirmationError, WrongCodeError, challenge_state, confirm
from operators.models import AuditEntry, Authenticator, Operator
from operators.operations import authenticator
from tests.operators.people import SESSION, TURN_ON, actor, other_than, step_up


def shown(device: Authenticator) -> str:
    """The code that the app shows now."""
    device.refresh_from_db()
    return f"{totp(device.bin_key, drift=0):06}"


@pytest.fixture
def app(chen: Operator, clock: Traveller) -> Authenticator:
    """An authenticator in use; the clock stands half a minute after its activation."""
    device = authenticator.begin(chen)
    authenticator.activate(actor(chen), chen, device.pk, shown(device), step_up(chen))
    clock.shift(30)
    return device


def confirm_by_totp(operator: Operator, code: str) -> object:
    return confirm(actor(operator), SESSION, TURN_ON, "totp", code)


@pytest.mark.usefixtures("clock")
def test_it_is_good_for_nothing_before_its_first_code(chen: Operator) -> None:
    device = authenticator.begin(chen)
    assert not authenticator.is_set_up(chen)
    assert not challenge_state(chen, SESSION, TURN_ON).has_totp
    with pytest.raises(ConfirmationError, match="No authenticator is set up"):
        confirm_by_totp(chen, shown(device))


@pytest.mark.usefixtures("clock")
def test_a_wrong_first_code_activates_nothing(chen: Operator) -> None:
    device = authenticator.begin(chen)
    with pytest.raises(WrongCodeError):
        authenticator.activate(
            actor(chen), chen, device.pk, other_than(shown(device)), step_up(chen)
        )
    assert not authenticator.is_set_up(chen)
    assert not AuditEntry.objects.exists()


def test_the_right_first_code_activates_and_is_audited(app: Authenticator, chen: Operator) -> None:
    assert authenticator.is_set_up(chen)
    assert AuditEntry.objects.filter(act="totp.enable").count() == 1
    assert challenge_state(chen, SESSION, TURN_ON).has_totp


@pytest.mark.usefixtures("clock")
def test_the_code_that_activated_confirms_nothing(chen: Operator) -> None:
    device = authenticator.begin(chen)
    code = shown(device)
    authenticator.activate(actor(chen), chen, device.pk, code, step_up(chen))
    with pytest.raises(WrongCodeError):
        confirm_by_totp(chen, code)


def test_the_code_shown_confirms(app: Authenticator, chen: Operator) -> None:
    assert confirm_by_totp(chen, shown(app))


def test_a_code_confirms_once(app: Authenticator, chen: Operator) -> None:
    code = shown(app)
    confirm_by_totp(chen, code)
    with pytest.raises(WrongCodeError, match="used before"):
        confirm_by_totp(chen, code)


def test_a_code_of_two_minutes_ago_confirms_nothing(
    app: Authenticator, chen: Operator, clock: Traveller
) -> None:
    code = shown(app)
    clock.shift(120)
    with pytest.raises(WrongCodeError):
        confirm_by_totp(chen, code)


def test_wrong_codes_cost_a_growing_wait_even_for_the_right_one(
    app: Authenticator, chen: Operator, clock: Traveller
) -> None:
    for wait in (1, 2, 4):
        with pytest.raises(WrongCodeError):
            confirm_by_totp(chen, other_than(shown(app)))
        with pytest.raises(ConfirmationError, match="Too many wrong codes") as caught:
            confirm_by_totp(chen, shown(app))
        assert caught.value.retry_after == timedelta(seconds=wait)
        clock.shift(wait)
    assert confirm_by_totp(chen, shown(app))


def test_a_wrong_code_is_audited(app: Authenticator, chen: Operator) -> None:
    with pytest.raises(WrongCodeError):
        confirm_by_totp(chen, other_than(shown(app)))
    entry = AuditEntry.objects.get(act="confirmation.refused")
    assert entry.text == f"Wrong authenticator code to {TURN_ON.words}"


@pytest.mark.parametrize("typed", ["", "12345", "1_2_3_4", "abcdef"])
def test_what_cannot_be_a_code_costs_no_wait(
    app: Authenticator, chen: Operator, typed: str
) -> None:
    with pytest.raises(ConfirmationError, match="six digits"):
        confirm_by_totp(chen, typed)
    assert confirm_by_totp(chen, shown(app))


def test_a_new_authenticator_replaces_the_old_only_when_it_works(
    app: Authenticator, chen: Operator, clock: Traveller
) -> None:
    new = authenticator.begin(chen)
    assert confirm_by_totp(chen, shown(app)), "the old one stays until then"
    clock.shift(30)
    authenticator.activate(actor(chen), chen, new.pk, shown(new), step_up(chen))
    assert list(Authenticator.objects.all()) == [new]


def test_the_enrolment_of_another_operator_cannot_be_activated(
    app: Authenticator, chen: Operator, mei: Operator
) -> None:
    pending = authenticator.begin(chen)
    with pytest.raises(ConfirmationError, match="Start again"):
        authenticator.activate(actor(mei), mei, pending.pk, shown(pending), step_up(mei))


def test_a_removed_authenticator_confirms_nothing(app: Authenticator, chen: Operator) -> None:
    code = shown(app)
    entry = authenticator.remove(actor(chen), chen, step_up(chen))
    assert entry is not None
    assert entry.act == "totp.remove"
    with pytest.raises(ConfirmationError, match="No authenticator is set up"):
        confirm_by_totp(chen, code)
    assert authenticator.remove(actor(chen), chen, step_up(chen)) is None
