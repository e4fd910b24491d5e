"""The real client against a server on this machine: the request it makes, and every bad answer."""

import base64
import json
from collections.abc import Iterator
from unittest.mock import patch

import pytest
import requests
from django.test import override_settings
from phonenumber_field.phonenumber import PhoneNumber
from time_machine import Traveller

from operators import sms
from operators.confirmation import (
    ConfirmationError,
    SmsError,
    challenge_state,
    confirm,
    send_code,
)
from operators.models import AuditEntry, Operator, Role, SmsDevice, SmsSend
from operators.purposes import Purpose, phone_purpose
from operators.sms.memory import Message
from tests.operators.people import CHEN_PHONE, SESSION, TURN_ON, actor, code_in, person
from tests.operators.twilio_gateway import SENDER, SID, TOKEN, Gateway, running_gateway


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as running:
        yield running


def refusal(gateway: Gateway, status: int, body: object) -> str:
    """The words for an answer."""
    gateway.status = status
    gateway.body = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(SmsError) as caught:
        sms.send(CHEN_PHONE, "Code 123456 confirms: …", 1)
    return caught.value.text


def test_the_request_is_the_providers(gateway: Gateway) -> None:
    sms.send(CHEN_PHONE, "Code 123456 confirms: turn on + & = 灯", 1)
    (request,) = gateway.received
    assert request.method == "POST"
    assert request.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert request.authorization == f"Basic {base64.b64encode(f'{SID}:{TOKEN}'.encode()).decode()}"
    assert request.form == {
        "To": [CHEN_PHONE],
        "From": [SENDER],
        "Body": ["Code 123456 confirms: turn on + & = 灯"],
    }


def test_a_code_sent_through_it_confirms(gateway: Gateway, chen: Operator) -> None:
    send_code(chen, SESSION, TURN_ON)
    code = code_in(Message(CHEN_PHONE, gateway.received[0].form["Body"][0]))
    assert confirm(actor(chen), SESSION, TURN_ON, "sms", code)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (20003, "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
        (21211, "the phone number is not valid"),
        (21408, "may not send to this country"),
        (21608, "only to numbers verified with the provider"),
        (21610, "unsubscribed"),
    ],
)
def test_a_known_refusal_says_what_to_do(gateway: Gateway, code: int, words: str) -> None:
    body = {"code": code, "message": "no", "status": 400, "more_info": "https://…"}
    text = refusal(gateway, 400, body)
    assert words in text
    assert str(code) in text


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, {"code": 30999, "message": "no", "status": 400}, "refused the message (code 30999)"),
        (404, "nothing here", "refused the message (HTTP 404)"),
        (400, {"code": "odd", "message": 7, "status": 400}, "refused the message (HTTP 400)"),
        (500, "<html>oops</html>", "provider failed (HTTP 500)"),
        (503, {"code": 20503, "message": "busy", "status": 503}, "provider failed (HTTP 503)"),
        (302, "", "refused the message (HTTP 302)"),
        (201, "garbage", "no valid answer"),
        (200, "", "no valid answer"),
        (201, "[]", "no valid answer"),
        (201, "null", "no valid answer"),
        (201, {}, "no valid answer"),
        (201, {"sid": "SM1", "status": "failed"}, "no valid answer"),
        (
            429,
            {"type": "about:blank", "title": "Too many", "status": 429, "code": 20429},
            "too many requests",
        ),
    ],
)
def test_any_other_answer_is_told_as_what_it_is(
    gateway: Gateway, status: int, body: object, words: str
) -> None:
    assert words in refusal(gateway, status, body)


def test_a_refusal_that_quotes_the_message_is_not_quoted(gateway: Gateway) -> None:
    body = {"code": 30007, "message": "filtered: Code 123456 confirms", "status": 400}
    assert "123456" not in refusal(gateway, 400, body)


def test_a_provider_that_hangs_is_given_up(gateway: Gateway) -> None:
    gateway.hangs = True
    with override_settings(SMS_TIMEOUT_SECONDS=0.2):
        text = refusal(gateway, 201, "")
    assert "did not answer within 0.2 seconds" in text


def test_a_provider_that_cannot_be_reached_is_told_so(gateway: Gateway) -> None:
    with (
        override_settings(TWILIO_API_URL="http://127.0.0.1:1"),
        pytest.raises(SmsError, match="cannot be reached"),
    ):
        sms.send(CHEN_PHONE, "text", 1)


RFC_9457 = {"type": "about:blank", "title": "no", "status": 429, "code": 20429}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"code": 21211, "message": "no", "status": 400}),
        (401, {"code": 20003, "message": "no", "status": 401}),
        (403, {"code": 21408, "message": "no"}),
        (429, RFC_9457),
    ],
)
def test_a_definite_refusal_changes_nothing(
    gateway: Gateway, chen: Operator, status: int, body: object
) -> None:
    gateway.status, gateway.body = status, json.dumps(body)
    with pytest.raises(SmsError):
        send_code(chen, SESSION, TURN_ON)
    state = challenge_state(chen, SESSION, TURN_ON)
    assert not state.code_waiting
    assert state.resend_at is None
    assert not SmsSend.objects.exists()
    assert not SmsDevice.objects.exists()
    assert not AuditEntry.objects.exists()


# After any of these the message may have been sent.
UNCLEAR = {
    "hangs": Gateway(hangs=True),
    "closes": Gateway(ends="close"),
    "resets": Gateway(ends="reset"),
    "cut short": Gateway(ends="cut"),
    "500": Gateway(500, "oops"),
    "502 of a proxy": Gateway(502, "<html>Bad Gateway</html>"),
    "503 with a code": Gateway(503, '{"code": 20503, "message": "busy", "status": 503}'),
    "503 that says 429": Gateway(503, json.dumps(RFC_9457)),
    "408": Gateway(408, '{"code": 20408, "message": "late", "status": 408}'),
    "404 of a proxy": Gateway(404, "<html>nothing here</html>"),
    "400 without a code": Gateway(400, '{"message": "no"}'),
    "400 with an odd code": Gateway(400, '{"code": "21211", "message": "no"}'),
    "302": Gateway(302, ""),
    "garbage": Gateway(201, "garbage"),
    "nothing": Gateway(200, ""),
    "no sid": Gateway(201, "{}"),
    "failed": Gateway(201, '{"sid": "SM1", "status": "failed"}'),
}


@pytest.fixture
def unclear(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[Gateway]:
    """A gateway that takes the message and does not say what became of it."""
    wanted: Gateway = request.param
    gateway.status, gateway.body = wanted.status, wanted.body
    gateway.hangs, gateway.ends = wanted.hangs, wanted.ends
    with override_settings(SMS_TIMEOUT_SECONDS=0.2):
        yield gateway


def asked(operator: Operator, purpose: Purpose) -> bool:
    """Whether the gateway is asked to send; what comes of it is not looked at."""
    try:
        send_code(operator, SESSION, purpose)
    except SmsError:
        return True
    except ConfirmationError:
        return False
    return True


@pytest.mark.parametrize("unclear", UNCLEAR.values(), ids=UNCLEAR.keys(), indirect=True)
def test_what_may_have_been_sent_counts_as_sent(
    unclear: Gateway, chen: Operator, clock: Traveller
) -> None:
    sent = sum(asked(chen, TURN_ON) for _ in range(3))
    for _ in range(8):
        clock.shift(61)
        sent += asked(chen, TURN_ON)
    assert (sent, len(unclear.received)) == (5, 5)
    assert not challenge_state(chen, SESSION, TURN_ON).code_waiting


@pytest.mark.parametrize("unclear", [Gateway(ends="close")], indirect=True)
def test_a_viewer_sends_no_more_than_anybody_to_any_number(
    unclear: Gateway, vik: Operator, clock: Traveller
) -> None:
    numbers = [PhoneNumber.from_string(f"+86138000000{n:02}") for n in range(14)]
    for number in numbers:
        asked(vik, phone_purpose(number, vik))
        clock.shift(2)
    assert len(unclear.received) == 1
    for number in numbers:
        clock.shift(61)
        asked(vik, phone_purpose(number, vik))
    assert len(unclear.received) == 5


@pytest.mark.parametrize("unclear", [Gateway(ends="close")], indirect=True)
def test_a_number_gets_no_more_from_many_accounts(
    unclear: Gateway, clock: Traveller, db: None
) -> None:
    number = PhoneNumber.from_string(CHEN_PHONE)
    for each in range(8):
        viewer = person(f"viewer-{each}", Role.VIEWER)
        asked(viewer, phone_purpose(number, viewer))
        clock.shift(61)
    assert len(unclear.received) == 5


def test_without_a_gateway_of_ones_own_it_is_the_providers_address(gateway: Gateway) -> None:
    asked: list[str] = []

    def request(_: object, method: str, url: str, **__: object) -> None:
        asked.append(f"{method} {url}")
        raise requests.ConnectionError

    with (
        override_settings(TWILIO_API_URL=""),
        patch("operators.sms.twilio.TwilioHttpClient.request", request),
        pytest.raises(SmsError),
    ):
        sms.send(CHEN_PHONE, "text", 1)
    assert asked == [f"POST https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"]
