"""A setting that would fail at the first SMS stops the start, and is named."""

import pytest
from django.core.checks import run_checks
from django.test import override_settings

COMPLETE = {
    "SMS_BACKEND": "twilio",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM": "+15005550006",
    "TWILIO_API_URL": "",
}


def found(**changed: str) -> list[str]:
    with override_settings(**{**COMPLETE, **changed}):
        return [message.msg for message in run_checks() if str(message.id).startswith("operators")]


def test_complete_settings_pass() -> None:
    assert found() == []


@pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_a_missing_setting_of_the_provider_is_named(name: str) -> None:
    assert found(**{name: ""}) == [f"SMS_BACKEND is twilio, but {name} is not set."]


def test_without_the_provider_nothing_is_needed() -> None:
    assert found(SMS_BACKEND="console", TWILIO_FROM="", TWILIO_AUTH_TOKEN="") == []


@pytest.mark.parametrize("url", ["http://sms.example", "ftp://sms.example", "sms.example"])
def test_a_gateway_elsewhere_must_be_encrypted(url: str) -> None:
    assert found(TWILIO_API_URL=url) == [
        "TWILIO_API_URL must begin with https://, except on this machine itself."
    ]


@pytest.mark.parametrize("url", ["https://sms.example", "http://127.0.0.1:8080", "http://[::1]:1"])
def test_an_encrypted_or_local_gateway_passes(url: str) -> None:
    assert found(TWILIO_API_URL=url) == []
