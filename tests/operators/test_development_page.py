"""The page that stands in for a phone exists with SMS_BACKEND=console only."""

from pathlib import Path

import pytest
from django.test import Client, override_settings
from phonenumber_field.phonenumber import PhoneNumber

from operators import sms
from operators.confirmation import ConfirmationError, send_code
from operators.models import Operator
from operators.purposes import phone_purpose
from tests.operators.people import CHEN_PHONE, SESSION, TURN_ON

URL = "/development/sms/"


def test_it_shows_the_last_messages_and_says_what_it_is(
    client: Client, chen: Operator, tmp_path: Path
) -> None:
    client.force_login(chen)
    with override_settings(SMS_BACKEND="console", DATA_DIR=tmp_path):
        assert "None." in client.get(URL).content.decode()
        sms.send(CHEN_PHONE, "Code 123456 confirms: turn on <b>", chen.pk)
        response = client.get(URL)
    page = response.content.decode()
    assert "Development page" in page
    assert "Code 123456 confirms: turn on &lt;b&gt;" in page
    assert "no-store" in response["Cache-Control"]


def test_everybody_sees_their_own_codes_alone(
    client: Client, chen: Operator, mei: Operator, vik: Operator, tmp_path: Path
) -> None:
    with override_settings(SMS_BACKEND="console", DATA_DIR=tmp_path):
        send_code(chen, SESSION, TURN_ON)
        # A viewer who claims the number of somebody else.
        number = PhoneNumber.from_string(CHEN_PHONE)
        with pytest.raises(ConfirmationError):
            send_code(vik, SESSION, phone_purpose(number, vik))
        for reader in (mei, vik):
            client.force_login(reader)
            page = client.get(URL).content.decode()
            assert "None." in page
            assert "Code" not in page
        client.force_login(chen)
        assert " to turn on Dynamic Registration" in client.get(URL).content.decode()


def test_it_needs_a_sign_in(client: Client, db: None) -> None:
    with override_settings(SMS_BACKEND="console"):
        assert client.get(URL).status_code == 302


@pytest.mark.parametrize("backend", ["twilio", "memory"])
def test_it_does_not_exist_with_any_other_backend(
    client: Client, chen: Operator, backend: str
) -> None:
    client.force_login(chen)
    with override_settings(SMS_BACKEND=backend):
        assert client.get(URL).status_code == 404
