"""Details about a refusal in the log beyond its reason, and data that is never logged."""

from dataclasses import replace

import pytest
from django.utils import timezone

from devices.operations.manage import clear
from logs.models import LogEntry
from logs.reasons import Reason
from logs.refusal_hints import HINTS
from operators.actor import SHELL
from products.models import Product
from protocol import signing
from protocol.client_id import RegistrationMode
from protocol.redaction import Sent
from protocol.signing import SignMethod
from registration.operations.refusal_diagnosis import Refusal, log_refusals
from tests.factories import (
    issued_client_id,
    make_device,
    make_product,
    registration,
    signed_connection,
    token_connection,
)

pytestmark = pytest.mark.django_db
REGISTER = RegistrationMode.REGISTER


def explained(refusal: Refusal) -> dict[str, str]:
    log_refusals([refusal], timezone.now())
    entry = LogEntry.objects.latest("pk")
    assert entry.reason == refusal.reason
    assert all(hint in HINTS for hint in entry.detail.get("hints", "").split())
    detail: dict[str, str] = entry.detail
    return detail


def refused_registration(product: Product, name: str, key: str) -> dict[str, str]:
    request = registration(product, name, REGISTER, key=key)
    return explained(Refusal(request, Reason.BAD_SIGNATURE, examine=True))


def test_a_registration_signed_with_another_key_is_told_which() -> None:
    product, other = make_product(), make_product()
    device = make_device(product, "lamp-0001")
    for key, hint in (
        (device.device_secret, "key_device_secret"),
        (other.product_secret, "key_other_product_secret"),
        (product.product_secret + "\n", "secret_newline"),
        ("nobody knows", "unexplained"),
    ):
        assert refused_registration(product, "lamp-0001", key)["hints"] == hint


def refused_connection(product: Product, name: str, key: str) -> dict[str, str]:
    request = signed_connection(product.product_key, name, key)
    return explained(Refusal(request, Reason.BAD_CREDENTIAL, examine=True))


def test_a_connection_signed_with_another_key_is_told_which() -> None:
    device = make_device(make_product(), "lamp-0001")
    namesake = make_device(make_product(), "lamp-0001")
    for key, hint in (
        (device.product.product_secret, "key_product_secret"),
        (namesake.device_secret, "key_other_device_secret"),
        ("nobody knows", "unexplained"),
    ):
        assert refused_connection(device.product, "lamp-0001", key)["hints"] == hint


def test_a_secret_sent_in_clear_is_recognised_and_not_kept() -> None:
    device = make_device(make_product(), "lamp-0001")
    secret = device.device_secret
    request = signed_connection(device.product.product_key, "lamp-0001", secret)
    sent = Sent("x|securemode=2|", "lamp-0001&x", secret.encode(), 60)
    request = replace(request, password=secret.encode(), sent=sent)
    detail = explained(Refusal(request, Reason.BAD_CREDENTIAL, examine=True))
    assert detail["hints"] == "password_is_secret"
    assert secret not in repr(detail)
    assert detail["password"] == secret[:4] + "…"


def test_a_wrong_token_is_told_why() -> None:
    product = make_product()
    one, two = (issued_client_id(product, "lamp-0001") for _ in range(2))
    stranger = issued_client_id(product, "lamp-0002")
    device = make_device(product, "lamp-0003")
    request = token_connection(product.product_key, "lamp-0001", one)
    signature = signing.sign(SignMethod.HMACSHA1, "x", b"y").encode()
    foreign = token_connection(product.product_key, "lamp-0001", stranger)
    nobody = replace(one, client_id="nobody")
    unknown = token_connection(product.product_key, "lamp-0001", nobody)
    of_secret = token_connection(product.product_key, "lamp-0003", one)
    for refused, hint in (
        (replace(request, password=two.device_token.encode()), "token_of_other_client_id"),
        (replace(request, password=f"{one.device_token}\n".encode()), "token_padded"),
        (replace(request, password=signature), "token_is_signature"),
        (replace(request, password=b"wrong"), "token_wrong"),
        (replace(unknown, password=b"wrong"), "client_id_unknown"),
        (replace(of_secret, password=device.device_secret.encode()), "token_is_device_secret"),
    ):
        assert explained(Refusal(refused, Reason.BAD_CREDENTIAL, examine=True))["hints"] == hint
    detail = explained(Refusal(foreign, Reason.BAD_CREDENTIAL, examine=True))
    assert (detail["hints"], detail["nearest"]) == ("client_id_of_other_device", "lamp-0002")


def test_a_token_where_a_signature_belongs_is_recognised_even_when_void() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    clear(SHELL, product.product_key, "lamp-0001")
    request = signed_connection(product.product_key, "lamp-0001", "x")
    request = replace(request, password=issued.device_token.encode())
    detail = explained(Refusal(request, Reason.BAD_CREDENTIAL, examine=True))
    assert detail["hints"] == "password_is_token"


def test_an_unknown_name_is_told_the_nearest() -> None:
    product = make_product()
    make_device(product, "A4CF12008801")
    key = product.product_key
    mistyped = Product(product_key=key.swapcase(), product_secret="x" * 16)
    for request, reason, hint, nearest in (
        (registration(mistyped, "lamp-0001"), "product_not_found", "product_nearest", key),
        (
            registration(product, "a4:cf:12:00:88:01", REGISTER),
            "device_not_found",
            "device_nearest",
            "A4CF12008801",
        ),
    ):
        detail = explained(Refusal(request, Reason(reason), examine=True))
        assert (detail["hints"], detail["nearest"]) == (hint, nearest)


def test_a_device_of_another_product_and_one_of_the_other_kind_are_told() -> None:
    product = make_product()
    make_device(make_product(), "lamp-0001")
    issued_client_id(product, "free-0001")
    for name, hint in (("lamp-0001", "device_elsewhere"), ("free-0001", "device_needs_register")):
        request = registration(product, name, REGISTER)
        detail = explained(Refusal(request, Reason.DEVICE_NOT_FOUND, examine=True))
        assert detail["hints"] == hint


def test_what_is_not_worth_examining_says_so() -> None:
    request = registration(make_product(), "lamp-0001", key="wrong")
    assert (
        explained(Refusal(request, Reason.BAD_SIGNATURE, examine=False))["hints"] == "not_examined"
    )


def test_the_string_to_sign_is_kept_and_nothing_that_opens_a_door() -> None:
    product = make_product()
    request = registration(product, "lamp-0001", key="wrong")
    client_id = "lamp-0001|securemode=2,authType=regnwl,random=1234,signmethod=hmacsha256|"
    username = f"lamp-0001&{product.product_key}"
    request = replace(request, sent=Sent(client_id, username, request.signature, 60))
    detail = explained(Refusal(request, Reason.BAD_SIGNATURE, examine=True))
    assert detail["content"] == f"deviceNamelamp-0001productKey{product.product_key}random1234"
    assert (detail["clientId"], detail["username"]) == (client_id, username)
    kept = repr(detail)
    right = signing.sign(SignMethod.HMACSHA256, product.product_secret, request.params.content)
    for secret in (product.product_secret, request.signature.decode(), right):
        assert secret not in kept
