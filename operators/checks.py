"""Settings that would let the console start and fail at the first SMS."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@register
def twilio_is_complete(**_: Any) -> list[CheckMessage]:
    if settings.SMS_BACKEND != "twilio":
        return []
    needed = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
    return [
        Error(
            f"SMS_BACKEND is twilio, but {name} is not set.",
            hint=f"Set {name} (or {name}_FILE), or SMS_BACKEND=console to print codes instead.",
            id="operators.E001",
        )
        for name in needed
        if not getattr(settings, name)
    ]


@register
def gateway_is_encrypted(**_: Any) -> list[CheckMessage]:
    """The account's token and every code go to this address."""
    url = urlsplit(settings.TWILIO_API_URL)
    if not settings.TWILIO_API_URL or url.scheme == "https" or url.hostname in _LOOPBACK:
        return []
    return [
        Error(
            "TWILIO_API_URL must begin with https://, except on this machine itself.",
            hint="Leave it empty for Twilio.",
            id="operators.E002",
        )
    ]
