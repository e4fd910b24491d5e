"""POST /auth/register/device: answers, framing, what is told to whom, and what the log keeps."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from devices.models import Device
from devices.operations.manage import clear, set_enabled
from logs.models import LogEntry
from logs.presentation import told
from operators.actor import SHELL
from products.models import Product
from products.registration_window import Window
from protocol import signing
from protocol.http_form import CONTENT_TYPE, MAX_BODY
from protocol.signing import SignMethod
from registration import device_http
from registration.deferred_log import LateLog, write
from tests.factories import connect_by_secret, make_device, make_product, open_window

pytestmark = pytest.mark.django_db

NAME = "lamp-0001"
URL = "/auth/register/device"
ERROR = '{{"code":{code},"data":{{}},"message":"{message}"}}'
WRONG_SIGNATURE = ERROR.format(code=6600, message="signature check failed")
WRONG_PARAMETER = ERROR.format(code=460, message="request parameter error")


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No failures from before; the log is written at once, in the transaction of the test."""
    monkeypatch.setattr(LateLog, "add", lambda _, record: write([record]))
    device_http.registration_state.cache_clear()
    yield
    device_http.registration_state.cache_clear()


def form(
    product_key: str, secret: str, name: str = NAME, method: SignMethod = SignMethod.HMACSHA256
) -> dict[str, str]:
    """As the C SDK v3 makes it, whose random is always the same."""
    random = "8Ygb7ULYh53B6OA"
    content = signing.registration_content(name, product_key, random)
    return {
        "productKey": product_key,
        "deviceName": name,
        "random": random,
        "sign": signing.sign(method, secret, content).upper(),
        "signMethod": method.value,
    }


def of_product(product: Product, name: str = NAME) -> dict[str, str]:
    return form(product.product_key, product.product_secret, name)


def post(client: Client, fields: dict[str, str] | bytes | str, **options: Any) -> HttpResponse:
    body = urlencode(fields) if isinstance(fields, dict) else fields
    options = {"content_type": CONTENT_TYPE, "secure": True, **options}
    response: HttpResponse = client.post(URL, body, **options)  # type: ignore[assignment]
    return response


def code(response: HttpResponse) -> int:
    assert response.status_code == 200
    return int(json.loads(response.content)["code"])


def logged() -> LogEntry:
    return LogEntry.objects.latest("pk")


# --- What is delivered --------------------------------------------------------------------
def test_a_preregistered_device_gets_its_secret_byte_for_byte_as_from_the_cloud(
    client: Client,
) -> None:
    device = make_device(make_product(), NAME)
    response = post(client, of_product(device.product))
    assert response.content.decode() == (
        f'{{"code":200,"data":{{"deviceName":"{NAME}","deviceSecret":"{device.device_secret}",'
        f'"productKey":"{device.product.product_key}"}},"message":"success"}}'
    )
    assert logged().detail == {"mode": "register", "signmethod": "hmacsha256", "transport": "HTTPS"}
    assert (logged().operation, logged().reason) == ("register", "ok")


def test_the_longest_names_fit_the_c_sdk_v3(client: Client) -> None:
    """It reads at most 255 bytes of the body."""
    device = make_device(make_product(), "n" * 32)
    Product.objects.update(product_key="k" * 20)
    product = Product.objects.get()
    body = post(client, of_product(product, device.device_name)).content
    assert b'"code":200' in body
    assert len(body) < 256


@pytest.mark.parametrize("method", list(SignMethod))
def test_every_method_signs_under_any_spelling_and_with_either_case_of_hex(
    client: Client, method: SignMethod
) -> None:
    product = make_device(make_product(), NAME).product
    fields = form(product.product_key, product.product_secret, method=method)
    assert code(post(client, fields)) == 200
    fields |= {"sign": fields["sign"].lower(), "signMethod": method.value.replace("hmac", "Hmac")}
    assert code(post(client, fields)) == 200


def test_headers_are_short_and_have_an_exact_content_length(client: Client) -> None:
    response = post(client, of_product(make_device(make_product(), NAME).product))
    known = {
        "Content-Type": "application/json",
        "Content-Length": str(len(response.content)),
        "Cache-Control": "no-store",
    }
    assert known.items() <= dict(response.headers).items()
    # What the C SDK v4 takes in one line (protocol.md 3.1).
    assert max(len(f"{name}: {value}") for name, value in response.headers.items()) < 122
    assert not response.cookies


@pytest.mark.parametrize("host", ["iot-auth.cn-shanghai.aliyuncs.com", "iot-auth.x.aliyuncs.com"])
def test_the_clouds_host_names_are_served_without_a_csrf_token(
    host: str, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["console.example"]
    settings.SECURE_SSL_REDIRECT = True
    product = make_device(make_product(), NAME).product
    client = Client(enforce_csrf_checks=True, headers={"Host": host})
    assert code(post(client, of_product(product))) == 200


# --- What is refused once the signature is proven -----------------------------------------
def test_an_unknown_device_is_told_so(client: Client) -> None:
    assert code(post(client, of_product(make_product()))) == 6100
    assert not Device.objects.exists()
    assert (logged().reason, logged().code) == ("device_not_found", "6100")


def test_a_device_that_registered_by_itself_is_none_that_was_added(client: Client) -> None:
    device = make_device(make_product(), NAME)
    Device.objects.update(preregistered=False)
    assert code(post(client, of_product(device.product))) == 6100


def test_an_activated_device_is_refused(client: Client) -> None:
    device = make_device(make_product(), NAME)
    connect_by_secret(device)
    assert code(post(client, of_product(device.product))) == 6289
    assert logged().code == "6289"


def test_a_disabled_device_is_refused(client: Client) -> None:
    device = make_device(make_product(), NAME)
    set_enabled(SHELL, device.product.product_key, NAME, enabled=False)
    assert code(post(client, of_product(device.product))) == 6204


def test_the_switch_closes_https_too(client: Client) -> None:
    device = make_device(make_product(open_registration=False), NAME)
    assert code(post(client, of_product(device.product))) == 6288


def test_a_device_name_closed_to_registration_is_refused(client: Client) -> None:
    device = make_device(make_product(), NAME)
    clear(SHELL, device.product.product_key, NAME, refuse_registration=True)
    assert code(post(client, of_product(device.product))) == 6288


def test_a_secret_that_clear_has_blocked_is_refused_as_closed(client: Client) -> None:
    device = make_device(make_product(), NAME)
    clear(SHELL, device.product.product_key, NAME)
    assert code(post(client, of_product(device.product))) == 6288
    assert logged().reason == "secret_blocked"


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (Window(networks=("203.0.113.0/24",)), "network_not_allowed"),
        (Window(names="bulb-*"), "name_not_allowed"),
        (Window(modes="regnwl"), "mode_not_allowed"),
    ],
)
def test_a_window_that_is_not_for_it_is_closed(client: Client, window: Window, reason: str) -> None:
    product = make_device(make_product(open_registration=False), NAME).product
    open_window(product, window)
    assert code(post(client, of_product(product))) == 6288
    assert logged().reason == reason


# --- What tells a stranger nothing --------------------------------------------------------
def test_without_a_proven_signature_every_state_gets_the_same_answer(client: Client) -> None:
    product = make_product()
    for name in ("activated", "disabled", "new-device"):
        make_device(product, name)
    connect_by_secret(Device.objects.get(device_name="activated"))
    set_enabled(SHELL, product.product_key, "disabled", enabled=False)
    closed = make_device(make_product(open_registration=False), NAME).product
    asked = [
        *((product.product_key, name) for name in ("activated", "disabled", "new-device", "none")),
        (closed.product_key, NAME),
        ("a1unknown00", NAME),
    ]
    answers = [post(client, form(key, "a wrong secret", name)) for key, name in asked]
    assert {answer.content.decode() for answer in answers} == {WRONG_SIGNATURE}
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1
    reasons = LogEntry.objects.filter(operation="register").order_by("pk")
    assert list(reasons.values_list("reason", "code")) == [
        *[("bad_signature", "6600")] * 5,
        ("product_not_found", "6250"),
    ]


def test_the_log_explains_a_wrong_signature_without_keeping_it(client: Client) -> None:
    product = make_device(make_product(), NAME).product
    fields = form(product.product_key, product.product_secret + "\n")
    post(client, fields | {"extra": "x", "q" * 40: "y"})
    entry = logged()
    assert entry.detail["hints"] == "secret_newline"
    shown = dict(told(entry).sent)
    assert shown["productKey"] == product.product_key
    assert shown["sign"] == f"{fields['sign'][:4]}… (64 bytes)"
    assert shown["otherFields"] == "extra, qqqq…"
    assert told(entry).content.startswith(f"deviceName{NAME}productKey")
    assert fields["sign"] not in json.dumps(entry.detail)


# --- What is malformed --------------------------------------------------------------------
FIELDS = ("productKey", "deviceName", "random", "sign", "signMethod")


@pytest.fixture
def fields() -> dict[str, str]:
    return of_product(make_device(make_product(), NAME).product)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("wrong", [None, "", "n" * 300, "灯泡", "a\0b", "\r\n"])
def test_a_wrong_field_is_a_parameter_error(
    client: Client, fields: dict[str, str], name: str, wrong: str | None
) -> None:
    del fields[name]
    if wrong is not None:
        fields[name] = wrong
    answered = code(post(client, fields))
    # An unsupported method has a code of its own, and hex is what a signature is compared as.
    own = {"signMethod": 6292, "sign": 6600, "random": 6600}
    assert answered == 460 or (wrong is not None and answered == own.get(name))
    assert logged().address == "127.0.0.1"


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("sign", "+&=*~/%")
def test_a_special_character_is_never_more_than_a_wrong_value(
    client: Client, fields: dict[str, str], name: str, sign: str
) -> None:
    fields[name] += sign
    assert code(post(client, fields)) in {460, 6292, 6600}
    raw = "&".join(f"{field}={value}" for field, value in fields.items())
    assert code(post(client, raw)) in {200, 460, 6292, 6600}


def test_an_unsupported_method_is_named(client: Client, fields: dict[str, str]) -> None:
    assert code(post(client, fields | {"signMethod": "sha256"})) == 6292
    assert logged().code == "6292"


def test_of_a_repeated_field_the_first_counts(client: Client, fields: dict[str, str]) -> None:
    assert code(post(client, urlencode(fields) + "&deviceName=other-0001")) == 200
    assert code(post(client, "deviceName=other-0001&" + urlencode(fields))) == 6600


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "signMethod is missing"),
        (b"\xff\xfe", "string is not UTF-8"),
        (b"deviceName=%ff", "string is not UTF-8"),
        (b"&".join(b"a=%d" % n for n in range(65)), "body has more than 64 fields"),
        (b"x" * (MAX_BODY + 1), f"body is longer than {MAX_BODY} bytes"),
        (b'{"productKey":"a1","sign":"0123456789abcdef"}', "signMethod is missing"),
    ],
)
def test_a_body_that_is_no_such_form_is_a_parameter_error(
    client: Client, body: bytes, problem: str
) -> None:
    assert post(client, body).content.decode() == WRONG_PARAMETER
    assert logged().detail["problem"] == problem
    assert "0123456789abcdef" not in json.dumps(logged().detail)


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "text/xml"]
)
def test_another_content_type_is_a_parameter_error(
    client: Client, fields: dict[str, str], kind: str
) -> None:
    assert post(client, fields, content_type=kind).content.decode() == WRONG_PARAMETER
    assert dict(told(logged()).sent)["contentType"] in kind


@pytest.mark.parametrize("kind", ["", f"{CONTENT_TYPE}; charset=utf-8", CONTENT_TYPE.upper()])
def test_a_form_under_any_spelling_of_its_type_is_taken(
    client: Client, fields: dict[str, str], kind: str
) -> None:
    assert code(post(client, fields, content_type=kind)) == 200


@pytest.mark.parametrize("method", ["get", "put", "delete", "options", "patch"])
def test_another_method_is_a_parameter_error(client: Client, method: str) -> None:
    response = getattr(client, method)(URL, secure=True)
    assert response.content.decode() == WRONG_PARAMETER
    assert dict(told(logged()).sent)["method"] == method.upper()


def streamed(client: Client, length: int, problem: Exception) -> HttpResponse:
    """The answer to a POST with a body that cannot be read."""

    class Body:
        def read(self, *_: int) -> bytes:
            raise problem

        readline = read

    options: dict[str, Any] = {
        "CONTENT_TYPE": CONTENT_TYPE,
        "CONTENT_LENGTH": str(length),
        "wsgi.input": Body(),
    }
    response: Any = client.generic("POST", URL, secure=True, **options)
    assert isinstance(response, HttpResponse)
    return response


def test_a_body_that_is_too_long_is_not_read(client: Client) -> None:
    response = streamed(client, 10 << 20, AssertionError("read"))
    assert response.content.decode() == WRONG_PARAMETER


def test_a_device_that_hangs_up_in_its_body_is_logged(client: Client) -> None:
    streamed(client, 9, ConnectionResetError())
    assert logged().detail["problem"] == "body ends early"


# --- TLS ----------------------------------------------------------------------------------
def test_without_tls_nothing_is_delivered(client: Client, fields: dict[str, str]) -> None:
    response = post(client, fields, secure=False)
    assert response.content.decode() == WRONG_PARAMETER
    assert (logged().reason, logged().detail["transport"]) == ("no_tls", "HTTP")
    assert logged().device_name == NAME


def test_a_header_that_anybody_may_send_is_no_tls(client: Client, fields: dict[str, str]) -> None:
    claim = {"X-Forwarded-Proto": "https"}
    assert code(post(client, fields, secure=False, headers=claim)) == 460


def test_a_proxy_that_ends_tls_is_believed_where_there_is_one(
    client: Client, fields: dict[str, str], settings: Settings
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1, ::ffff:192.0.2.9"}
    assert code(post(client, fields, secure=False, headers=said)) == 200
    assert logged().address == "192.0.2.9"
    said["X-Forwarded-For"] = "unknown"
    assert code(post(client, fields, secure=False, headers=said)) == 200
    assert logged().address is None


# --- Faults and floods --------------------------------------------------------------------
def test_our_own_fault_is_told_as_one(
    client: Client, fields: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("could not connect: secret detail")

    monkeypatch.setattr(device_http, "register", away)
    assert post(client, fields).content.decode() == ERROR.format(code=500, message="system error")
    assert logged().reason == "server_error"
    assert "OperationalError" in caplog.text
    assert "secret detail" not in caplog.text


def test_in_a_flood_a_repeated_failure_is_turned_away_and_others_are_not_logged(
    client: Client, settings: Settings
) -> None:
    settings.FAILURES_PER_DEVICE = 3
    product = make_device(make_product(), NAME).product
    guesses = [form(product.product_key, f"guess {number}") for number in range(5)]
    assert [code(post(client, guess)) for guess in guesses] == [6600] * 5
    reasons = LogEntry.objects.filter(operation="register").values_list("reason", flat=True)
    assert sorted(reasons) == [*["bad_signature"] * 3, "too_many_failures"]
    assert code(post(client, guesses[0])) == 429
    assert code(post(client, of_product(product))) == 200
