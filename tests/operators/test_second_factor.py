"""A password alone adds a second factor only where there is none, and changes or shows none."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_otp.oath import totp
from time_machine import Traveller

from operators.confirmation import SmsError
from operators.models import AuditEntry, Authenticator, BackupCode, Operator, Role
from operators.operations import authenticator, backup_codes
from operators.operations.second_factor import StepUp, factors_of
from operators.sms import memory
from operators.sms.memory import Message
from tests.console.fixtures import confirmed
from tests.operators.people import (
    CHEN_PHONE,
    MEI_PHONE,
    PASSWORD,
    START,
    actor,
    code_in,
    person,
    step_up,
)

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.django_db]

PHONE, VERIFY = "/settings/phone/", "/settings/phone/verify/"
AUTHENTICATOR, BACKUP = "/settings/authenticator/", "/settings/backup-codes/"
PASSWORD_PAGE = "/settings/password/"
NEW = "+8613600001111"
ASKING = {"confirming": "second_factor.change"}
NEW_PASSWORD = {"new_password1": "another long secret", "new_password2": "another long secret"}
CHANGES: dict[str, tuple[str, dict[str, str]]] = {
    "phone": (PHONE, {"number": NEW, "current_password": PASSWORD}),
    "begin authenticator": (AUTHENTICATOR, {"action": "begin", "current_password": PASSWORD}),
    "remove authenticator": (AUTHENTICATOR, {"action": "remove", "current_password": PASSWORD}),
    "backup codes": (BACKUP, {"current_password": PASSWORD}),
    "password": (PASSWORD_PAGE, {"old_password": PASSWORD, **NEW_PASSWORD}),
}


def with_phone(operator: Operator) -> Callable[[], dict[str, str]]:
    """Each gives the account a factor, and returns how to confirm with it."""
    Operator.objects.filter(pk=operator.pk).update(phone=CHEN_PHONE, phone_verified_at=START)
    return lambda: {"method": "sms", "code": code_in(memory.outbox[-1])}


def with_authenticator(operator: Operator) -> Callable[[], dict[str, str]]:
    device = Authenticator.objects.create(user=operator, name="Authenticator", confirmed=True)
    return lambda: {"method": "totp", "code": f"{totp(device.bin_key):06}"}


def with_backup_codes(operator: Operator) -> Callable[[], dict[str, str]]:
    codes = backup_codes.renew(actor(operator), operator, step_up(operator))
    return lambda: {"method": "backup", "code": codes[0]}


FACTORS = [with_phone, with_authenticator, with_backup_codes]


def signed_in(operator: Operator) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def state(operator: Operator) -> list[Any]:
    """All that confirms for an account."""
    now = Operator.objects.get(pk=operator.pk)
    devices = Authenticator.objects.filter(user=operator).values_list("pk", "confirmed")
    codes = BackupCode.objects.filter(device__user=operator).values_list("digest")
    return [now.phone, now.password, list(devices), list(codes)]


def confirm_identity(client: Client, how: Callable[[], dict[str, str]], page: str = "phone") -> Any:
    url = f"/settings/{page}/confirm/"
    client.post(url, {**ASKING, "action": "send"})
    return client.post(url, {**ASKING, "action": "confirm", **how()})


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_password_alone_changes_adds_and_shows_no_factor_where_one_exists(
    outbox: list[Message], role: Role, factor: Callable[[Operator], Any], change: str
) -> None:
    owner = person("owner", role)
    factor(owner)
    before, (url, fields) = state(owner), CHANGES[change]
    response = signed_in(owner).post(url, fields)
    assert response.status_code == 422
    assert "Confirm that it is you" in response.content.decode()
    assert not re.search(r"[0-9a-z]{5}-[0-9a-z]{5}</li>", response.content.decode())
    assert (state(owner), outbox) == (before, [])


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_code_of_an_existing_factor_allows_the_change(
    clock: Traveller, role: Role, factor: Callable[[Operator], Any], change: str
) -> None:
    owner = person("owner", role)
    how, client, (url, fields) = factor(owner), signed_in(owner), CHANGES[change]
    if change == "remove authenticator":
        Authenticator.objects.get_or_create(user=owner, name="Authenticator", confirmed=True)
    before = state(owner)
    assert confirm_identity(client, how).headers["Location"] == PHONE
    clock.shift(61)
    client.post(url, fields)
    if change == "phone":
        client.post(VERIFY, {"method": "sms", "code": code_in(memory.outbox[-1])})
    assert state(owner) != before


@pytest.mark.parametrize("change", [each for each in CHANGES if each != "remove authenticator"])
def test_without_any_factor_the_password_sets_one_up(vik: Operator, change: str) -> None:
    client, (url, fields) = signed_in(vik), CHANGES[change]
    before = state(vik)
    client.post(url, fields)
    if change == "phone":
        client.post(VERIFY, {"method": "sms", "code": code_in(memory.outbox[-1])})
    if change == "begin authenticator":
        code = f"{totp(Authenticator.objects.get().bin_key):06}"
        client.post(AUTHENTICATOR, {"action": "activate", "code": code})
    assert state(vik) != before


@pytest.mark.parametrize("page", ["phone", "authenticator", "backup_codes", "password"])
def test_a_page_asks_for_a_code_before_it_shows_its_form(chen: Operator, page: str) -> None:
    client, url = signed_in(chen), f"/settings/{page.replace('_', '-')}/"
    locked = client.get(url).content.decode()
    assert f'href="/settings/{page}/confirm/"' in locked
    assert 'type="password"' not in locked
    answer = confirm_identity(
        client, lambda: {"method": "sms", "code": code_in(memory.outbox[-1])}, page
    )
    assert answer.headers["Location"] == url
    assert 'type="password"' in client.get(url).content.decode()


def test_only_settings_pages_are_led_to(chen: Operator) -> None:
    client = confirmed(signed_in(chen), chen)
    assert client.get("/settings/accounts/confirm/").status_code == 404


def test_what_was_typed_before_the_code_is_there_after_it_but_no_password(chen: Operator) -> None:
    client = signed_in(chen)
    page = client.post(PHONE, CHANGES["phone"][1]).content.decode()
    carried = re.search(r'name="kept" value="([^"]*)"', page)
    assert carried
    assert PASSWORD not in page
    client.post(PHONE, {**ASKING, "action": "send"})
    code = {"method": "sms", "code": code_in(memory.outbox[-1])}
    answer = client.post(PHONE, {**ASKING, "kept": carried.group(1), "action": "confirm", **code})
    assert f'value="{NEW}"' in answer.content.decode()


# --- begun before there was a factor ------------------------------------------------------
def test_a_phone_half_verified_when_a_factor_was_added_is_not_taken(vik: Operator) -> None:
    thief, owner = signed_in(vik), signed_in(vik)
    thief.post(PHONE, CHANGES["phone"][1])
    code = code_in(memory.outbox[-1])
    made = owner.post(BACKUP, {"current_password": PASSWORD})
    assert made.status_code == 200
    thief.post(VERIFY, {"method": "sms", "code": code})
    vik.refresh_from_db()
    assert not vik.phone


def test_an_authenticator_begun_before_a_factor_was_added_is_not_taken(vik: Operator) -> None:
    thief, owner = signed_in(vik), signed_in(vik)
    thief.post(AUTHENTICATOR, {"action": "begin", "current_password": PASSWORD})
    owner.post(BACKUP, {"current_password": PASSWORD})
    code = f"{totp(Authenticator.objects.get().bin_key):06}"
    thief.post(AUTHENTICATOR, {"action": "activate", "code": code})
    assert not authenticator.is_set_up(vik)


# --- what makes a session fresh -----------------------------------------------------------
def is_asked(client: Client) -> bool:
    return "Confirm that it is you" in client.get("/settings/access-keys/new/").content.decode()


def test_verifying_another_phone_makes_no_session_fresher(chen: Operator, clock: Traveller) -> None:
    client = confirmed(signed_in(chen), chen)
    clock.shift(200)
    client.post(PHONE, CHANGES["phone"][1])
    client.post(VERIFY, {"method": "sms", "code": code_in(memory.outbox[-1])})
    chen.refresh_from_db()
    assert chen.phone == NEW
    clock.shift(99)
    assert not is_asked(client)
    clock.shift(2)
    assert is_asked(client), "five minutes after the code of the old phone"


def test_verifying_a_phone_with_a_factor_takes_that_factor_to_the_end(
    chen: Operator, clock: Traveller
) -> None:
    client = confirmed(signed_in(chen), chen)
    clock.shift(250)
    client.post(PHONE, CHANGES["phone"][1])
    clock.shift(60)
    answer = client.post(VERIFY, {"method": "sms", "code": code_in(memory.outbox[-1])})
    assert "Confirm that it is you" in answer.content.decode()
    chen.refresh_from_db()
    assert chen.phone == CHEN_PHONE


def test_the_first_phone_makes_its_session_fresh(db: None) -> None:
    operator = person("new")
    client = signed_in(operator)
    client.post(PHONE, CHANGES["phone"][1])
    client.post(VERIFY, {"method": "sms", "code": code_in(memory.outbox[-1])})
    assert not is_asked(client)


@pytest.mark.parametrize("change", ["begin authenticator", "backup codes", "phone"])
def test_after_a_change_of_factors_other_sessions_have_to_confirm_again(
    chen: Operator, change: str
) -> None:
    here, there = (confirmed(signed_in(chen), chen) for _ in range(2))
    url, fields = CHANGES[change]
    here.post(url, fields)
    if change == "phone":
        here.post(VERIFY, {"method": "sms", "code": code_in(memory.outbox[-1])})
    if change == "begin authenticator":
        code = f"{totp(Authenticator.objects.get().bin_key):06}"
        here.post(AUTHENTICATOR, {"action": "activate", "code": code})
    assert (is_asked(here), is_asked(there)) == (False, True)


def test_the_proof_of_one_account_is_none_for_another(chen: Operator, mei: Operator) -> None:
    with pytest.raises(Exception, match="Confirm with your phone"):
        backup_codes.renew(actor(mei), mei, StepUp(chen.pk, mei.factor_epoch))
    assert not factors_of(mei).codes_left


# --- who is told --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "words", "act"),
    [
        ("phone", "Verified phone +86 ••• 1111, replacing +86 ••• 1234", "phone.verify"),
        ("remove authenticator", "Removed the authenticator", "totp.remove"),
        ("backup codes", "Created 10 backup codes", "backup_codes.renew"),
        ("password", "Changed the password", "password.change"),
    ],
)
def test_the_number_there_was_is_told_and_the_trail(
    chen: Operator, outbox: list[Message], change: str, words: str, act: str
) -> None:
    Authenticator.objects.create(user=chen, name="Authenticator", confirmed=True)
    client, (url, fields) = confirmed(signed_in(chen), chen), CHANGES[change]
    client.post(url, fields)
    if change == "phone":
        client.post(VERIFY, {"method": "sms", "code": code_in(outbox[-1])})
    assert (outbox[-1].number, words in outbox[-1].text) == (CHEN_PHONE, True)
    assert "account chen" in outbox[-1].text
    assert not re.search(r"\b[0-9]{6}\b", outbox[-1].text)
    entry = AuditEntry.objects.get(act=act)
    assert (entry.operator, entry.target, entry.text) == (chen, "operator/chen", words)
    assert (
        AuditEntry.objects.get(act="second_factor.notice").text == "Sent a notice to +86 ••• 1234"
    )


def renew(client: Client) -> None:
    assert client.post(BACKUP, {"current_password": PASSWORD}).status_code == 200


def test_a_notice_is_not_held_back_by_codes_and_holds_none_back(
    chen: Operator, clock: Traveller, outbox: list[Message]
) -> None:
    client = signed_in(chen)
    for _ in range(6):
        client.post("/settings/phone/confirm/", {**ASKING, "action": "send"})
        clock.shift(61)
    assert len(outbox) == 5, "the codes of this hour are used up"
    renew(confirmed(client, chen))
    assert "backup codes" in outbox[-1].text
    clock.shift(3600)
    client.post("/settings/phone/confirm/", {**ASKING, "action": "send"})
    assert len(outbox) == 7


def test_notices_are_limited(chen: Operator, outbox: list[Message]) -> None:
    client = confirmed(signed_in(chen), chen)
    for _ in range(7):
        renew(client)
    assert len(outbox) == 5
    told = AuditEntry.objects.filter(act="second_factor.notice").order_by("-pk").first()
    assert told
    assert told.text == "Notice to +86 ••• 1234 not sent: too many notices"


@pytest.mark.parametrize("failure", [SmsError("The provider is down."), OSError("no space")])
def test_a_notice_that_fails_undoes_nothing_and_is_in_the_trail(
    chen: Operator, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(number: str, text: str, account: int) -> None:
        raise failure

    monkeypatch.setattr("operators.sms.memory.send", fail)
    renew(confirmed(signed_in(chen), chen))
    assert factors_of(chen).codes_left == 10
    told = AuditEntry.objects.get(act="second_factor.notice")
    assert told.text == "Notice to +86 ••• 1234 could not be sent"


def test_a_notice_speaks_the_language_of_the_account(chen: Operator, outbox: list[Message]) -> None:
    Operator.objects.filter(pk=chen.pk).update(language="zh-hans")
    renew(confirmed(signed_in(chen), chen))
    assert "账号“chen”" in outbox[-1].text


def test_an_account_without_a_number_gets_no_notice(vik: Operator, outbox: list[Message]) -> None:
    renew(signed_in(vik))
    assert not outbox
    assert MEI_PHONE not in str(AuditEntry.objects.values_list("facts"))
