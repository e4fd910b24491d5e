"""SMS through Twilio, or a gateway that speaks its API (TWILIO_API_URL)."""

from http import HTTPStatus
from typing import Any

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


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]  # untyped library
    """The library's, which knows the status of the answer; errors may repeat another one."""

    status = 0

    def request(self, *args: Any, **kwargs: Any) -> Any:
        response = super().request(*args, **kwargs)
        self.status = response.status_code
        return response


def send(number: str, text: str, account: int) -> None:
    """Submit one message; raises SmsError unless the provider has accepted it."""
    http = _HttpClient(timeout=settings.SMS_TIMEOUT_SECONDS)
    try:
        accepted = _submit(http, number, text)
    except (TwilioRestException, TwilioServiceException) as error:
        # `from None`: the provider's answer may quote the message, and with it the code.
        text, definite = _refused(http.status, error.code), _is_definite(http.status, error)
        raise SmsError(text, "refused", refused=definite) from None
    except requests.Timeout:
        raise SmsError(
            gettext(
                "The SMS provider did not answer within %(seconds)s seconds. No code is valid "
                "now. Wait a minute and send another, or use an authenticator or backup code."
            )
            % {"seconds": settings.SMS_TIMEOUT_SECONDS},
            "timeout",
        ) from None
    except requests.RequestException:
        raise SmsError(
            gettext(
                "The SMS provider cannot be reached. "
                "Wait a minute and try again, or use an authenticator or backup code."
            ),
            "unreachable",
        ) from None
    except (TwilioException, ValueError, TypeError, AttributeError, KeyError):
        accepted = False
    if not accepted:
        raise SmsError(
            gettext(
                "The SMS provider gave no valid answer, so no code is valid now. Wait a minute "
                "and send another."
            )
        )


def _submit(http: TwilioHttpClient, number: str, text: str) -> bool:
    client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
    if settings.TWILIO_API_URL:
        client.api.base_url = settings.TWILIO_API_URL.rstrip("/")
    try:
        message = client.messages.create(to=number, from_=settings.TWILIO_FROM, body=text)
    finally:
        http.session.close()
    return bool(message.sid) and message.status not in _FAILED


def _is_definite(status: int, error: TwilioRestException | TwilioServiceException) -> bool:
    """Whether the provider itself refused the message: a 4xx answer with an error code of its own.

    Proxies answer 4xx without one, and a request that timed out there (408) may have gone through.
    """
    own_code = isinstance(error.code, int) and error.code != status
    return 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT and own_code


def _refused(status: object, code: object) -> str:
    """The library repeats the HTTP status as code when the provider gave none."""
    known = _EXPLANATIONS.get(code) if isinstance(code, int) else None
    if known:
        text = gettext("The SMS provider refused the message. %(why)s (code %(code)s)")
        return text % {"why": gettext(known), "code": code}
    if isinstance(status, int) and status >= 500:
        text = gettext("The SMS provider failed (HTTP %(status)s). Try again later.")
        return text % {"status": status}
    if isinstance(code, int) and code != status:
        return gettext("The SMS provider refused the message (code %(code)s).") % {"code": code}
    return gettext("The SMS provider refused the message (HTTP %(status)s).") % {"status": status}
