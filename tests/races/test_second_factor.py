"""Second factors added at the same time by sessions that both found none."""

from functools import partial

import pytest
from django_otp.oath import totp

from operators.actor import Actor
from operators.errors import ConfirmationError
from operators.models import Authenticator, BackupCodeDevice, Operator, Role
from operators.operations import authenticator, backup_codes, second_factor
from operators.operations.second_factor import StepUp
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vik() -> Operator:
    return Operator.objects.create_user("vik", role=Role.VIEWER)


def renewed(operator: Operator, step_up: StepUp | None) -> bool:
    try:
        backup_codes.renew(Actor("console", operator), operator, step_up)
    except ConfirmationError:
        return False
    return True


def activated(operator: Operator, device: Authenticator) -> bool:
    code = f"{totp(device.bin_key):06}"
    try:
        authenticator.activate(Actor("console", operator), operator, device.pk, code, None)
    except ConfirmationError:
        return False
    return True


def test_of_two_sessions_without_any_factor_one_adds_the_first(vik: Operator) -> None:
    device = authenticator.begin(vik)
    adding = [partial(renewed, vik, None), partial(activated, vik, device)]
    assert sum(at_once(*adding * 5)) == 1
    sets = BackupCodeDevice.objects.filter(user=vik).count()
    assert sets + authenticator.is_set_up(vik) == 1


def test_one_proof_is_good_for_one_of_many_changes_at_once(vik: Operator) -> None:
    renewed(vik, None)
    vik.refresh_from_db()
    proof = StepUp(vik.pk, vik.factor_epoch)
    assert sum(at_once(*[partial(renewed, vik, proof)] * 10)) == 1


def test_resets_and_changes_at_once_end_in_a_state_that_one_of_them_has_made(
    vik: Operator,
) -> None:
    root = Operator.objects.create_user("root", role=Role.ADMIN)
    renewed(vik, None)
    vik.refresh_from_db()
    proof = StepUp(vik.pk, vik.factor_epoch)

    def reset() -> bool:
        second_factor.reset(Actor("console", root), vik.pk)
        return True

    outcomes = at_once(partial(renewed, vik, proof), reset)
    assert outcomes[1]
    left = backup_codes.left(vik)
    assert left in {0, backup_codes.COUNT}
