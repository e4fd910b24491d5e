"""The page that stands in for a phone exists with SMS_BACKEND=console only."""

from pathlib import Path

import pytest
from django.test import Client, override_settings

from operators import sms
from operators.models import Operator
from tests.operators.people import CHEN_PHONE

URL = "/development/sms/"


def test_it_shows_the_last_messages_and_says_what_it_is(
    client: Client, chen: Operator, tmp_path: Path
) -> None:
    client.force_login(chen)
    with override_settings(SMS_BACKEND="console", DATA_DIR=tmp_path):
        assert "None." in client.get(URL).content.decode()
        sms.send(CHEN_PHONE, "Code 123456 confirms: turn on <b>")
        response = client.get(URL)
    page = response.content.decode()
    assert "Development page" in page
    assert "Code 123456 confirms: turn on &lt;b&gt;" in page
    assert "no-store" in response["Cache-Control"]


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
