"""SMS through Twilio, or a gateway that speaks its API (TWILIO_API_URL)."""

import requests
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from operators.errors import SmsError

# Twilio's error codes (https://www.twilio.com/docs/api/errors) an operator can do something about.
_EXPLANATIONS = {
    20003: _(
        "It does not accept the account or its token: check TWILIO_ACCOUNT_SID and "
        "TWILIO_AUTH_TOKEN."
    ),
    20429: _("It is handling too many requests. Try again in a minute."),
    21211: _("It says that the phone number is not valid."),
    21212: _("It does not accept the sender: check TWILIO_FROM."),
    21408: _("The account may not send to this country: allow it in the provider's settings."),
    21606: _("It does not accept the sender for this number: check TWILIO_FROM."),
    21608: _("A trial account sends only to numbers verified with the provider."),
    21610: _("This phone has unsubscribed from the sender (STOP). Text START to it."),
    21614: _("The phone number cannot receive text messages."),
}
_FAILED = {"failed", "undelivered", "canceled"}


def send(number: str, text: str) -> None:
    """Submit one message; raises SmsError unless the provider has accepted it."""
    try:
        accepted = _submit(number, text)
    except (TwilioRestException, TwilioServiceException) as error:
        # `from None`: the provider's answer may quote the message, and with it the code.
        raise SmsError(_refused(error.status, error.code), "refused") from None
    except requests.Timeout:
        raise SmsError(
            gettext(
                "The SMS provider did not answer within %(seconds)s seconds. "
                "No code is in force; try again, or use an authenticator or backup code."
            )
            % {"seconds": settings.SMS_TIMEOUT_SECONDS},
            "timeout",
        ) from None
    except requests.RequestException:
        raise SmsError(
            gettext(
                "The SMS provider cannot be reached. "
                "Try again, or use an authenticator or backup code."
            ),
            "unreachable",
        ) from None
    except (TwilioException, ValueError, TypeError, AttributeError, KeyError):
        accepted = False
    if not accepted:
        raise SmsError(
            gettext("The SMS provider gave no valid answer, so no code is in force. Try again.")
        )


def _submit(number: str, text: str) -> bool:
    http = TwilioHttpClient(timeout=settings.SMS_TIMEOUT_SECONDS)
    client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
    if settings.TWILIO_API_URL:
        client.api.base_url = settings.TWILIO_API_URL.rstrip("/")
    try:
        message = client.messages.create(to=number, from_=settings.TWILIO_FROM, body=text)
    finally:
        http.session.close()
    return bool(message.sid) and message.status not in _FAILED


def _refused(status: object, code: object) -> str:
    """The library repeats the HTTP status as code when the provider gave none."""
    known = _EXPLANATIONS.get(code) if isinstance(code, int) else None
    if known:
        text = gettext("The SMS provider refused the message. %(why)s (code %(code)s)")
        return text % {"why": gettext(known), "code": code}
    if isinstance(status, int) and status >= 500:
        text = gettext("The SMS provider has a failure of its own (HTTP %(status)s). Try later.")
        return text % {"status": status}
    if isinstance(code, int) and code != status:
        return gettext("The SMS provider refused the message (code %(code)s).") % {"code": code}
    return gettext("The SMS provider refused the message (HTTP %(status)s).") % {"status": status}
