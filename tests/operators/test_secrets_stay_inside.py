"""No code, password, token or session key in log lines, audit rows, reprs, URLs or errors."""

import logging
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.test import Client, override_settings
from django_otp.oath import totp

from operators import sms
from operators.confirmation import ConfirmationError, SmsError, confirm, send_code
from operators.models import AuditEntry, Authenticator, Operator
from operators.sms import console
from operators.sms.memory import Message
from tests.console.fixtures import confirmed
from tests.operators.people import (
    CHEN_PHONE,
    PASSWORD,
    SESSION,
    TURN_ON,
    actor,
    code_in,
    other_than,
    sent_code,
)
from tests.operators.twilio_gateway import TOKEN, Gateway, running_gateway

NEW_PASSWORD = "another long secret"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as running:
        yield running


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """As with LOG_LEVEL=DEBUG: the root logger hears all, the loggers the settings hush stay so."""
    caplog.set_level(logging.DEBUG)
    return caplog


def visible(caplog: pytest.LogCaptureFixture) -> str:
    """All that anybody may read afterwards: log, audit trail, reprs of every row."""
    entries = AuditEntry.objects.all()
    audited = " ".join(f"{entry.text} {entry.facts} {entry.target}" for entry in entries)
    rows = " ".join(
        f"{row!r} {row}"
        for model in apps.get_app_config("operators").get_models()
        for row in model._default_manager.all()
    )
    return f"{caplog.text} {audited} {rows}"


@pytest.mark.usefixtures("clock")
def test_a_day_in_the_console_leaves_no_secret_behind(
    client: Client,
    chen: Operator,
    gateway: Gateway,
    everything_logged: pytest.LogCaptureFixture,
) -> None:
    urls: list[str] = []

    def post(url: str, **fields: str) -> str:
        response = client.post(url, fields, follow=True)
        urls.extend([response.request["PATH_INFO"], response.request["QUERY_STRING"]])
        urls.extend(url for url, _ in response.redirect_chain)
        return response.content.decode()

    with override_settings(LOGIN_REDIRECT_URL="operators:settings"):
        post("/sign-in/", username="chen", password="a wrong password")
        post("/sign-in/", username="chen", password=PASSWORD)
    confirmed(client, chen)
    post("/settings/phone/", number="+8613600001111", current_password=PASSWORD)
    code = code_in(Message("", gateway.received[-1].form["Body"][0]))
    post("/settings/phone/verify/", method="sms", code=other_than(code))
    post("/settings/phone/verify/", method="sms", code=code)
    post("/settings/authenticator/", action="begin", current_password=PASSWORD)
    device = Authenticator.objects.get()
    shown = f"{totp(device.bin_key):06}"
    post("/settings/authenticator/", action="activate", code=shown)
    made = post("/settings/backup-codes/", current_password=PASSWORD)
    backup = re.findall(r"<li>(\S{11})</li>", made)
    session_key = str(client.session.session_key)
    post(
        "/settings/password/",
        old_password=PASSWORD,
        new_password1=NEW_PASSWORD,
        new_password2=NEW_PASSWORD,
    )
    secrets = [code, other_than(code), PASSWORD, NEW_PASSWORD, TOKEN, "a wrong password"]
    secrets += [shown, device.key, session_key, *backup, "13600001111"]
    assert len(backup) == 10
    seen = visible(everything_logged) + " ".join(urls)
    assert "Verified phone +86 ••• 1111" in seen
    assert [secret for secret in secrets if secret in seen] == []


def test_a_failing_provider_leaves_no_secret_in_the_log_or_the_error(
    chen: Operator, gateway: Gateway, everything_logged: pytest.LogCaptureFixture
) -> None:
    gateway.status = 400
    # As some gateways do: the answer quotes the request.
    gateway.body = '{"code": 30007, "status": 400, "message": "filtered: Code 123456"}'
    with pytest.raises(SmsError) as caught:
        send_code(chen, SESSION, TURN_ON)
    code = code_in(Message("", gateway.received[0].form["Body"][0]))
    seen = visible(everything_logged) + repr(caught.value) + str(caught.value)
    assert caught.value.__suppress_context__
    assert [secret for secret in (code, "123456", TOKEN, CHEN_PHONE) if secret in seen] == []


@pytest.mark.usefixtures("clock")
def test_challenge_confirmation_and_errors_do_not_show_the_code(chen: Operator) -> None:
    code = sent_code(chen)
    with pytest.raises(ConfirmationError) as caught:
        confirm(actor(chen), SESSION, TURN_ON, "sms", other_than(code))
    confirmed = confirm(actor(chen), SESSION, TURN_ON, "sms", code)
    shown = f"{caught.value!r} {caught.value} {confirmed!r}"
    assert code not in shown
    assert other_than(code) not in shown
    assert SESSION not in shown


def test_messages_do_not_show_their_text_in_a_repr(outbox: list[Message]) -> None:
    sms.send(CHEN_PHONE, "Code 123456", 1)
    assert "123456" not in repr(outbox[0])


def test_kept_messages_do_not_either(tmp_path: object) -> None:
    with override_settings(SMS_BACKEND="console", DATA_DIR=tmp_path):
        sms.send(CHEN_PHONE, "Code 123456", 1)
        assert "123456" not in repr(console.messages_for(1))
