"""Sending a text message, by the backend that SMS_BACKEND names."""

from importlib import import_module

from django.conf import settings

from common.ops.metrics import counter
from operators.errors import SmsError

_messages = counter(
    "sms_messages",
    "Messages handed to the provider: accepted, refused, timeout, unreachable or failed.",
    "result",
)


def send(number: str, text: str, account: int) -> None:
    """Hand `text` to the backend for `number` (E.164); raises operators.errors.SmsError.

    `account` is the key of the operator it is for. This may take SMS_TIMEOUT_SECONDS: never
    call it inside a transaction. Neither the number nor the text may be logged.
    """
    try:
        import_module(f"operators.sms.{settings.SMS_BACKEND}").send(number, text, account)
    except SmsError as error:
        _messages.labels(error.result).inc()
        raise
    _messages.labels("accepted").inc()
