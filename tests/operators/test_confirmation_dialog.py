"""The dialog: what it shows, where its errors stand, and that another app needs one call."""

import re
from typing import Protocol
from unittest.mock import patch

import pytest
from django.test import Client, override_settings
from django_otp.oath import totp
from time_machine import Traveller

from operators.confirmation import SmsError
from operators.models import Authenticator, Operator
from operators.operations import authenticator, backup_codes
from operators.sms.memory import Message
from tests.operators.people import actor, code_in, other_than, step_up

pytestmark = [pytest.mark.urls("tests.operators.dialog_urls"), pytest.mark.usefixtures("clock")]

ON = "/turn/on/"


@pytest.fixture
def browser(client: Client, chen: Operator) -> Client:
    client.force_login(chen)
    return client


class Response(Protocol):
    content: bytes
    status_code: int


def send(client: Client, url: str = ON) -> Response:
    return client.post(url, {"action": "send"})


def confirm(client: Client, code: str, method: str = "sms", url: str = ON) -> Response:
    fields = {"action": "confirm", "method": method, "code": code}
    return client.post(url, fields)


def text(response: Response) -> str:
    """The words a person reads, without tags and line breaks."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def element(response: Response, identity: str) -> str:
    """The start tag with this id."""
    found = re.search(rf'<[a-z]+[^>]*id="{identity}"[^>]*>', response.content.decode())
    assert found, f"no element {identity}"
    return found.group()


def test_it_says_what_is_confirmed_and_where_the_code_goes(browser: Client) -> None:
    response = browser.get(ON)
    assert "turn on &lt;b&gt;lamp&lt;/b&gt;" in text(response)
    assert "Send code to +86 ••• 1234" in text(response)


def test_the_code_field_suits_a_phone(browser: Client) -> None:
    field = element(browser.get(ON), "confirmation-sms-code")
    for attribute in (
        'inputmode="numeric"',
        'autocomplete="one-time-code"',
        "maxlength",
        "pattern",
    ):
        assert attribute in field


def test_opening_it_sends_nothing(browser: Client, outbox: list[Message]) -> None:
    browser.get(ON)
    assert not outbox


def test_after_sending_both_countdowns_are_shown(
    browser: Client, outbox: list[Message], clock: Traveller
) -> None:
    response = send(browser)
    assert response.status_code == 200
    assert len(outbox) == 1
    assert "The code is on its way. Valid for 5:00" in text(response)
    assert "Another can be sent in 1:00" in text(response)
    assert 'data-enabled-after="60"' in response.content.decode()
    assert "autofocus" in element(response, "confirmation-sms-code")
    clock.shift(18.5)
    later = browser.get(ON)
    assert "Valid for 4:42" in text(later)
    assert 'data-countdown="42"' in later.content.decode()
    clock.shift(60)
    assert "Another can be sent" not in text(browser.get(ON))


def test_the_right_code_calls_the_app(browser: Client, outbox: list[Message]) -> None:
    send(browser)
    assert confirm(browser, code_in(outbox[0])).content == b"on by chen"


def test_a_wrong_code_stands_beside_the_field_with_the_tries_left(
    browser: Client, outbox: list[Message]
) -> None:
    send(browser)
    typed = other_than(code_in(outbox[0]))
    response = confirm(browser, typed)
    assert response.status_code == 422
    assert "Wrong code. 4 tries left." in text(response)
    field = element(response, "confirmation-sms-code")
    assert f'value="{typed}"' in field
    assert 'aria-invalid="true"' in field


def test_the_tries_left_are_still_told_when_it_is_opened_again(
    browser: Client, outbox: list[Message]
) -> None:
    send(browser)
    confirm(browser, other_than(code_in(outbox[0])))
    assert "4 tries left." in text(browser.get(ON))


def test_after_the_fifth_wrong_code_it_asks_to_send_a_new_one(
    browser: Client, outbox: list[Message]
) -> None:
    send(browser)
    for _ in range(5):
        response = confirm(browser, other_than(code_in(outbox[0])))
    assert "stops working after 5 wrong tries: send a new one" in text(response)
    assert "Valid for" not in text(response)


def test_what_was_typed_cannot_break_out_of_the_page(browser: Client) -> None:
    response = confirm(browser, '"><script>alert(1)</script>')
    assert response.status_code == 422
    assert "<script>" not in response.content.decode()


def test_sending_too_often_is_told_beside_the_button(browser: Client, clock: Traveller) -> None:
    send(browser)
    clock.shift(15)
    response = send(browser)
    assert response.status_code == 422
    assert text(response).count("Another can be sent in 45 s") == 1


def test_a_refusal_of_the_provider_is_told_and_can_be_retried(browser: Client) -> None:
    refusal = SmsError("The number is wrong.", refused=True)
    with patch("operators.sms.memory.send", side_effect=refusal):
        response = send(browser)
    assert response.status_code == 422
    assert "The number is wrong." in text(response)
    assert "data-enabled-after" not in response.content.decode()
    assert send(browser).status_code == 200


def test_after_a_failure_of_the_provider_the_button_waits(
    browser: Client, clock: Traveller
) -> None:
    with patch("operators.sms.memory.send", side_effect=SmsError("The provider is down.")):
        response = send(browser)
    assert response.status_code == 422
    assert "The provider is down." in text(response)
    assert 'data-enabled-after="60"' in response.content.decode()
    clock.shift(61)
    assert send(browser).status_code == 200


def test_a_code_for_the_other_state_opens_nothing(browser: Client, outbox: list[Message]) -> None:
    send(browser, ON)
    response = confirm(browser, code_in(outbox[0]), url="/turn/off/")
    assert response.status_code == 422
    assert "No code was sent for this." in text(response)


def test_a_code_sent_before_signing_in_again_opens_nothing(
    browser: Client, chen: Operator, outbox: list[Message]
) -> None:
    send(browser)
    browser.logout()
    browser.force_login(chen)
    assert confirm(browser, code_in(outbox[0])).status_code == 422


def test_without_a_verified_number_it_leads_to_the_settings(
    browser: Client, outbox: list[Message]
) -> None:
    Operator.objects.update(phone_verified_at=None)
    response = browser.get(ON)
    assert "You have no verified phone number." in text(response)
    assert 'href="/settings/phone/"' in response.content.decode()
    assert "confirmation-send" not in response.content.decode()
    assert send(browser).status_code == 422
    assert not outbox


def test_without_alternatives_it_says_where_to_set_them_up(browser: Client) -> None:
    page = browser.get(ON).content.decode()
    assert 'href="/settings/authenticator/"' in page
    assert "confirmation-other" not in page


def test_an_authenticator_code_confirms_instead(browser: Client, chen: Operator) -> None:
    device = Authenticator.objects.create(user=chen, name="Authenticator", confirmed=True)
    assert 'value="totp"' in browser.get(ON).content.decode()
    assert confirm(browser, f"{totp(device.bin_key):06}", "totp").content == b"on by chen"


def test_a_wrong_alternative_keeps_the_fold_open_and_the_input(
    browser: Client, chen: Operator
) -> None:
    backup_codes.renew(actor(chen), chen, step_up(chen))
    response = confirm(browser, "aaaaa-bbbbb", "backup")
    assert response.status_code == 422
    assert "<details open>" in response.content.decode()
    assert 'value="aaaaa-bbbbb"' in element(response, "confirmation-other-code")
    assert "checked" in element(response, "confirmation-backup")
    assert "Wrong backup code" in text(response)


def test_a_backup_code_confirms_and_the_rest_is_counted(browser: Client, chen: Operator) -> None:
    code = backup_codes.renew(actor(chen), chen, step_up(chen))[0]
    assert "Backup code (10 left)" in text(browser.get(ON))
    assert confirm(browser, code, "backup").content == b"on by chen"
    assert "Backup code (9 left)" in text(browser.get(ON))


def test_a_viewer_cannot_open_it(client: Client, vik: Operator, outbox: list[Message]) -> None:
    client.force_login(vik)
    assert client.get(ON).status_code == 403
    assert send(client).status_code == 403
    assert not outbox


def test_a_development_server_says_where_the_code_is(browser: Client) -> None:
    assert "Development" not in text(browser.get(ON))
    with override_settings(SMS_BACKEND="console"):
        assert 'href="/development/sms/"' in browser.get(ON).content.decode()


def test_it_posts_to_where_it_was_opened(browser: Client) -> None:
    page = browser.get(f"{ON}?from=list").content.decode()
    assert f'hx-post="{ON}?from=list"' in page
    assert f'action="{ON}?from=list"' in page


def test_every_form_carries_the_csrf_token(browser: Client, chen: Operator) -> None:
    authenticator.begin(chen)
    backup_codes.renew(actor(chen), chen, step_up(chen))
    page = browser.get(ON).content.decode()
    assert page.count("<form") == page.count("csrfmiddlewaretoken") == 3


def test_no_script_and_no_style_is_inline(browser: Client) -> None:
    page = browser.get(ON).content.decode()
    assert "<script" not in page
    assert "<style" not in page
    assert not re.search(r"\s(style|on[a-z]+|hx-on[^=]*)=", page)
