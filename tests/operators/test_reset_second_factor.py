"""A lost second factor is reset Another administrator, or in the shell."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from common.errors import ConflictError
from operators.models import AuditEntry, Authenticator, Operator, Role, SignedIn
from operators.operations import backup_codes, second_factor
from operators.operations.second_factor import Factors, factors_of
from operators.sms.memory import Message
from tests.console.fixtures import confirmed
from tests.operators.people import (
    CHEN_PHONE,
    PASSWORD,
    SESSION,
    TURN_ON,
    actor,
    confirm_by_sms,
    person,
    sent_code,
    step_up,
)

pytestmark = pytest.mark.usefixtures("clock")
NOTHING = Factors("", authenticator=False, codes_left=0)


@pytest.fixture
def root(db: None) -> Operator:
    return person("root", Role.ADMIN, "+8613500000000")


@pytest.fixture
def equipped(chen: Operator) -> Operator:
    """Chen, with every kind of factor."""
    Authenticator.objects.create(user=chen, name="Authenticator", confirmed=True)
    Authenticator.objects.create(user=chen, name="Authenticator", confirmed=False)
    backup_codes.renew(actor(chen), chen, step_up(chen))
    AuditEntry.objects.all().delete()
    return chen


def url_of(account: Operator) -> str:
    return f"/settings/accounts/{account.pk}/reset-second-factor/"


def signed_in(operator: Operator) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def test_an_administrator_resets_all_factors_of_another(
    equipped: Operator, root: Operator, outbox: list[Message]
) -> None:
    outbox.clear()
    theirs, mine = signed_in(equipped), confirmed(signed_in(root), root)
    page = mine.get(f"/settings/accounts/{equipped.pk}/").content.decode()
    assert "10 backup codes" in page
    assert url_of(equipped) in page
    assert mine.post(url_of(equipped)).status_code == 302
    equipped.refresh_from_db()
    assert factors_of(equipped) == NOTHING
    assert not Authenticator.objects.exists()
    assert theirs.get("/settings/phone/").status_code == 302
    assert not SignedIn.objects.filter(operator=equipped).exists()
    entry = AuditEntry.objects.get(act="second_factor.reset")
    assert (entry.operator, entry.target) == (root, "operator/chen")
    assert outbox[-1].number == CHEN_PHONE
    assert "Reset the second factor" in outbox[-1].text


def test_it_takes_a_code_of_the_administrators_own(equipped: Operator, root: Operator) -> None:
    response = signed_in(root).post(url_of(equipped))
    assert "Confirm that it is you" in response.content.decode()
    assert factors_of(equipped).authenticator


def test_nobody_resets_the_own_one(root: Operator) -> None:
    mine = confirmed(signed_in(root), root)
    assert "reset-second-factor" not in mine.get(f"/settings/accounts/{root.pk}/").content.decode()
    response = mine.post(url_of(root))
    assert response.status_code == 422
    assert "Another administrator" in response.content.decode()
    assert factors_of(root).phone


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_it_is_for_administrators(equipped: Operator, role: Role) -> None:
    somebody = person("somebody", role, "+8613500000001")
    assert confirmed(signed_in(somebody), somebody).post(url_of(equipped)).status_code == 403
    assert factors_of(equipped).phone


def test_what_is_not_there_is_not_reset(vik: Operator, root: Operator) -> None:
    with pytest.raises(ConflictError, match="no second factor"):
        second_factor.reset(actor(root), vik.pk)
    mine = confirmed(signed_in(root), root)
    assert "reset-second-factor" not in mine.get(f"/settings/accounts/{vik.pk}/").content.decode()


def test_afterwards_the_password_sets_up_a_new_one(equipped: Operator, root: Operator) -> None:
    second_factor.reset(actor(root), equipped.pk)
    client = signed_in(Operator.objects.get(pk=equipped.pk))
    client.post("/settings/backup-codes/", {"current_password": PASSWORD})
    assert factors_of(equipped).codes_left == 10


def test_a_code_under_way_is_void(equipped: Operator, root: Operator) -> None:
    code = sent_code(equipped, TURN_ON, SESSION)
    second_factor.reset(actor(root), equipped.pk)
    with pytest.raises(Exception, match="No code was sent"):
        confirm_by_sms(equipped, code)


def test_the_shell_resets_anybodys_and_says_so(equipped: Operator) -> None:
    theirs = signed_in(equipped)
    out = StringIO()
    call_command("reset_second_factor", "chen", stdout=out)
    assert out.getvalue() == "Reset the second factor of chen; signed out everywhere.\n"
    equipped.refresh_from_db()
    assert factors_of(equipped) == NOTHING
    assert theirs.get("/settings/phone/").status_code == 302
    entry = AuditEntry.objects.get(act="second_factor.reset")
    assert (entry.origin, entry.operator) == ("shell", None)


def test_a_notice_is_no_part_of_the_answer_in_json(
    equipped: Operator, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    with override_settings(SMS_BACKEND="console", DATA_DIR=tmp_path):
        call_command("reset_second_factor", "chen", "--json")
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"username": "chen"}
    assert "[SMS to" in printed.err


@pytest.mark.parametrize("username", ["nobody", "vik"])
def test_the_shell_is_told_what_cannot_be_reset(vik: Operator, username: str) -> None:
    with pytest.raises(CommandError, match=r"no account nobody|has no second factor"):
        call_command("reset_second_factor", username)
