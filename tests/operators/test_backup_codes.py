"""Ten backup codes, each good once, kept only as digests."""

import re
from datetime import timedelta

import pytest
from time_machine import Traveller

from operators.confirmation import ConfirmationError, WrongCodeError, challenge_state, confirm
from operators.models import AuditEntry, BackupCode, Operator
from operators.operations import backup_codes
from tests.operators.people import SESSION, TURN_ON, actor, step_up

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def codes(chen: Operator) -> list[str]:
    return backup_codes.renew(actor(chen), chen, step_up(chen))


def confirm_by_backup(operator: Operator, code: str) -> object:
    return confirm(actor(operator), SESSION, TURN_ON, "backup", code)


def test_ten_different_codes_are_made(codes: list[str], chen: Operator) -> None:
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[0-9a-z]{5}-[0-9a-z]{5}", code) for code in codes)
    assert challenge_state(chen, SESSION, TURN_ON).backup_codes_left == 10


def test_only_digests_are_stored(codes: list[str]) -> None:
    stored = {row.digest for row in BackupCode.objects.all()}
    assert all(len(digest) == 64 for digest in stored)
    plain = {code.replace("-", "") for code in codes}
    assert not any(code in digest for code in plain for digest in stored)


def test_every_code_confirms_once(codes: list[str], chen: Operator) -> None:
    for number, code in enumerate(codes, start=1):
        assert confirm_by_backup(chen, code)
        assert backup_codes.left(chen) == 10 - number


def test_a_used_code_confirms_nothing(codes: list[str], chen: Operator) -> None:
    confirm_by_backup(chen, codes[0])
    with pytest.raises(WrongCodeError, match="used before"):
        confirm_by_backup(chen, codes[0])


def test_a_code_is_read_as_people_write_it(codes: list[str], chen: Operator) -> None:
    assert confirm_by_backup(chen, f"  {codes[0].upper().replace('-', ' ')} ")


def test_look_alikes_are_read_as_what_was_meant() -> None:
    assert backup_codes.normalised("O1I-l0") == "01110"


def test_the_codes_of_another_operator_confirm_nothing(
    codes: list[str], chen: Operator, mei: Operator
) -> None:
    backup_codes.renew(actor(mei), mei, step_up(mei))
    with pytest.raises(WrongCodeError):
        confirm_by_backup(mei, codes[0])
    assert confirm_by_backup(chen, codes[0])


def test_new_codes_void_the_old_ones(codes: list[str], chen: Operator) -> None:
    renewed = backup_codes.renew(actor(chen), chen, step_up(chen))
    with pytest.raises(WrongCodeError):
        confirm_by_backup(chen, codes[0])
    assert set(renewed).isdisjoint(codes)
    assert AuditEntry.objects.filter(act="backup_codes.renew").count() == 2


def test_wrong_codes_cost_a_growing_wait(
    codes: list[str], chen: Operator, clock: Traveller
) -> None:
    for wait in (1, 2, 4):
        with pytest.raises(WrongCodeError):
            confirm_by_backup(chen, "00000-00000")
        with pytest.raises(ConfirmationError, match="Too many wrong codes") as caught:
            confirm_by_backup(chen, codes[0])
        assert caught.value.retry_after == timedelta(seconds=wait)
        clock.shift(wait)
    assert confirm_by_backup(chen, codes[0])


def test_without_codes_the_error_says_where_to_make_them(chen: Operator) -> None:
    with pytest.raises(ConfirmationError, match="Make some in the settings"):
        confirm_by_backup(chen, "00000-00000")
