"""Settings: phone, authenticator, backup codes, password."""

import re

import pytest
from django.test import Client
from django_otp.oath import totp
from time_machine import Traveller

from operators.models import AuditEntry, Authenticator, Operator
from operators.operations import authenticator, backup_codes
from operators.sms.memory import Message
from tests.console.fixtures import confirmed
from tests.operators.people import CHEN_PHONE, PASSWORD, actor, code_in, other_than, step_up

pytestmark = pytest.mark.usefixtures("clock")

PHONE, VERIFY = "/settings/phone/", "/settings/phone/verify/"
AUTHENTICATOR, BACKUP = "/settings/authenticator/", "/settings/backup-codes/"
PASSWORD_PAGE = "/settings/password/"
SECRET = 'id="totp-secret"'
NEW = {"number": "+86 136 0000 1111", "current_password": PASSWORD}


@pytest.fixture
def browser(client: Client, chen: Operator) -> Client:
    """Chen's browser, in which one of his codes has just been typed."""
    client.force_login(chen)
    return confirmed(client, chen)


def test_settings_begin_with_the_phone(browser: Client) -> None:
    assert browser.get("/settings/")["Location"] == PHONE


def test_the_phone_page_shows_the_verified_number_masked(browser: Client) -> None:
    page = browser.get(PHONE).content.decode()
    assert "+86 ••• 1234" in page
    assert CHEN_PHONE not in page


def test_a_number_is_added_by_typing_it_and_the_code_that_arrives(
    client: Client, vik: Operator, outbox: list[Message]
) -> None:
    client.force_login(vik)
    assert client.post(PHONE, NEW)["Location"] == VERIFY
    page = client.get(VERIFY).content.decode()
    assert "+86 ••• 1111" in page
    assert "Use an authenticator or backup code instead" not in page
    code = code_in(outbox[0])
    assert client.post(VERIFY, {"method": "sms", "code": code})["Location"] == PHONE
    vik.refresh_from_db()
    assert str(vik.phone) == "+8613600001111"
    assert "Verified phone +86 ••• 1111" in client.get(PHONE).content.decode()


def test_a_wrong_code_leaves_the_number_unverified(browser: Client, outbox: list[Message]) -> None:
    browser.post(PHONE, NEW)
    wrong = other_than(code_in(outbox[0]))
    assert browser.post(VERIFY, {"method": "sms", "code": wrong}).status_code == 422
    assert Operator.objects.get(username="chen").phone == CHEN_PHONE


def test_htmx_gets_the_dialog_alone_and_then_a_redirect_of_the_page(
    browser: Client, outbox: list[Message]
) -> None:
    browser.post(PHONE, NEW)
    htmx = {"HX-Request": "true"}
    code = code_in(outbox[0])
    wrong = browser.post(VERIFY, {"method": "sms", "code": other_than(code)}, headers=htmx)
    assert wrong.status_code == 422
    assert wrong.content.decode().strip().startswith('<div id="confirmation">')
    right = browser.post(VERIFY, {"method": "sms", "code": code}, headers=htmx)
    assert right["HX-Redirect"] == PHONE


def test_what_htmx_swaps_in_is_what_a_fresh_load_shows(
    browser: Client, outbox: list[Message]
) -> None:
    browser.post(PHONE, NEW)
    wrong = {"method": "sms", "code": "000000" if "000000" not in outbox[0].text else "111111"}
    fragment = browser.post(VERIFY, wrong, headers={"HX-Request": "true"}).content.decode()
    page = browser.post(VERIFY, wrong).content.decode()
    expected = fragment.replace("4 tries left", "3 tries left").strip()
    assert without_tokens(expected) in without_tokens(page)


def without_tokens(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)


def test_the_number_is_in_no_url(browser: Client, outbox: list[Message]) -> None:
    response = browser.post(PHONE, NEW, follow=True)
    visited = [url for url, _ in response.redirect_chain]
    assert visited == [VERIFY]


def test_another_press_of_the_button_finds_the_code_on_its_way(
    browser: Client, outbox: list[Message]
) -> None:
    browser.post(PHONE, NEW)
    assert browser.post(PHONE, NEW)["Location"] == VERIFY
    assert len(outbox) == 1


def test_a_limit_is_told_beside_the_number_which_is_kept(
    browser: Client, clock: Traveller, outbox: list[Message]
) -> None:
    browser.post(PHONE, NEW)
    clock.shift(15)
    response = browser.post(PHONE, {**NEW, "number": "+8613600002222"})
    assert response.status_code == 422
    assert "Another can be sent in 45 seconds." in response.content.decode()
    assert 'value="+8613600002222"' in response.content.decode()


@pytest.mark.parametrize("number", ["", "12", "+86 12", "hello", "+1 555 000"])
def test_what_is_no_number_is_refused_and_kept(
    browser: Client, outbox: list[Message], number: str
) -> None:
    response = browser.post(PHONE, {**NEW, "number": number})
    assert response.status_code == 422
    assert f'value="{number}"' in response.content.decode() or not number
    assert not outbox


def test_verifying_without_a_number_begins_at_the_phone_page(browser: Client) -> None:
    assert browser.get(VERIFY)["Location"] == PHONE


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        (PHONE, {"number": "+8613600001111"}),
        (AUTHENTICATOR, {"action": "begin"}),
        (AUTHENTICATOR, {"action": "remove"}),
        (BACKUP, {}),
    ],
    ids=["phone", "begin authenticator", "remove authenticator", "backup codes"],
)
def test_what_confirms_dangerous_acts_changes_only_with_the_password(
    browser: Client, chen: Operator, outbox: list[Message], url: str, fields: dict[str, str]
) -> None:
    Authenticator.objects.create(user=chen, name="Authenticator", confirmed=True)
    for password in ("", "wrong"):
        response = browser.post(url, {**fields, "current_password": password})
        assert response.status_code == 422
    assert "This is not your password." in response.content.decode()
    assert not outbox
    assert Authenticator.objects.count() == 1
    assert backup_codes.left(chen) == 0


def test_the_password_cannot_be_guessed_there(browser: Client) -> None:
    for _ in range(5):
        browser.post(BACKUP, {"current_password": "wrong"})
    response = browser.post(BACKUP, {"current_password": PASSWORD})
    assert "Too many wrong passwords." in response.content.decode()


def begin(client: Client) -> Authenticator:
    client.post(AUTHENTICATOR, {"action": "begin", "current_password": PASSWORD})
    return Authenticator.objects.get(confirmed=False)


def test_an_authenticator_is_set_up_by_password_qr_code_and_first_code(
    browser: Client, chen: Operator
) -> None:
    device = begin(browser)
    response = browser.get(AUTHENTICATOR)
    page = response.content.decode()
    assert SECRET in page
    assert 'class="segno"' in page
    assert "no-store" in response["Cache-Control"]
    secret = re.search(r'id="totp-secret">([A-Z2-7 ]+)<', page)
    assert secret
    assert secret.group(1).replace(" ", "") in device.config_url
    code = f"{totp(device.bin_key):06}"
    browser.post(AUTHENTICATOR, {"action": "activate", "code": code})
    assert authenticator.is_set_up(chen)
    after = browser.get(AUTHENTICATOR).content.decode()
    assert "Set up the authenticator" in after
    assert SECRET not in after, "the secret is not shown again"


def test_the_qr_code_needs_no_exception_of_the_content_policy(browser: Client) -> None:
    begin(browser)
    response = browser.get(AUTHENTICATOR)
    page = response.content.decode()
    assert not re.search(r"<style|\sstyle=|<script>", page)
    assert "unsafe" not in response["Content-Security-Policy"]


def test_a_wrong_first_code_is_told_and_kept(browser: Client, chen: Operator) -> None:
    device = begin(browser)
    wrong = other_than(f"{totp(device.bin_key):06}")
    response = browser.post(AUTHENTICATOR, {"action": "activate", "code": wrong})
    assert response.status_code == 422
    assert "Wrong code" in response.content.decode()
    assert f'value="{wrong}"' in response.content.decode()
    assert not authenticator.is_set_up(chen)


def test_the_secret_is_shown_only_to_the_session_that_began(
    browser: Client, chen: Operator
) -> None:
    begin(browser)
    elsewhere = Client()
    elsewhere.force_login(chen)
    assert SECRET not in elsewhere.get(AUTHENTICATOR).content.decode()


def test_a_cancelled_set_up_leaves_nothing_and_the_old_one_in_place(
    browser: Client, chen: Operator
) -> None:
    Authenticator.objects.create(user=chen, name="Authenticator", confirmed=True)
    begin(browser)
    browser.post(AUTHENTICATOR, {"action": "cancel"})
    assert SECRET not in browser.get(AUTHENTICATOR).content.decode()
    assert [device.confirmed for device in Authenticator.objects.all()] == [True]


def test_looking_at_the_page_begins_nothing(browser: Client) -> None:
    browser.get(AUTHENTICATOR)
    assert not Authenticator.objects.exists()


def test_an_authenticator_is_removed(browser: Client, chen: Operator) -> None:
    Authenticator.objects.create(user=chen, name="Authenticator", confirmed=True)
    browser.post(AUTHENTICATOR, {"action": "remove", "current_password": PASSWORD})
    assert not authenticator.is_set_up(chen)
    assert AuditEntry.objects.filter(act="totp.remove").count() == 1


def test_an_unknown_act_changes_nothing(browser: Client) -> None:
    assert browser.post(AUTHENTICATOR, {"action": "?"})["Location"] == AUTHENTICATOR
    assert not Authenticator.objects.exists()


def test_backup_codes_are_shown_once(browser: Client, chen: Operator) -> None:
    response = browser.post(BACKUP, {"current_password": PASSWORD})
    codes = re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", response.content.decode())
    assert len(codes) == 10
    assert "no-store" in response["Cache-Control"]
    page = browser.get(BACKUP).content.decode()
    assert "You have 10 left." in page
    assert not any(code in page for code in codes)


def change_password(client: Client, old: str, new: str) -> int:
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(PASSWORD_PAGE, fields).status_code


def test_the_password_changes_and_only_this_session_goes_on(
    browser: Client, chen: Operator
) -> None:
    elsewhere = Client()
    elsewhere.force_login(chen)
    assert change_password(browser, PASSWORD, "another long secret") == 302
    chen.refresh_from_db()
    assert chen.check_password("another long secret")
    assert browser.get(PHONE).status_code == 200
    assert elsewhere.get(PHONE).status_code == 302
    assert AuditEntry.objects.filter(act="password.change").count() == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wrong", "another long secret", "This is not your password."),
        (PASSWORD, "short", "too short"),
        (PASSWORD, "password123", "too common"),
    ],
)
def test_a_wrong_or_weak_password_changes_nothing(
    browser: Client, chen: Operator, old: str, new: str, words: str
) -> None:
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    response = browser.post(PASSWORD_PAGE, fields)
    assert response.status_code == 422
    assert words in response.content.decode()
    chen.refresh_from_db()
    assert chen.check_password(PASSWORD)


def test_the_old_password_cannot_be_guessed(browser: Client) -> None:
    for _ in range(5):
        assert change_password(browser, "wrong", "another long secret") == 422
    assert change_password(browser, PASSWORD, "another long secret") == 422


@pytest.mark.parametrize("url", [PHONE, AUTHENTICATOR, BACKUP, PASSWORD_PAGE])
def test_a_viewer_has_settings_too(client: Client, vik: Operator, url: str) -> None:
    client.force_login(vik)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("url", [PHONE, VERIFY, AUTHENTICATOR, BACKUP, PASSWORD_PAGE, "/settings/"])
def test_nobody_sees_them_without_signing_in(client: Client, db: None, url: str) -> None:
    assert client.get(url)["Location"].startswith("/sign-in/?next=")


def test_renewing_leaves_the_codes_of_others(
    browser: Client, chen: Operator, mei: Operator
) -> None:
    backup_codes.renew(actor(mei), mei, step_up(mei))
    browser.post(BACKUP, {"current_password": PASSWORD})
    assert backup_codes.left(mei) == backup_codes.left(chen) == 10
