"""One signed request, sent many times at one moment: it is answered once."""

from collections.abc import Callable
from functools import partial

import pytest

from devices.models import Device
from products.models import Product
from tests import rpc
from tests.factories import make_product
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("v1", [True, False], ids=["v1", "v3"])
def test_one_of_many_replays_is_answered(v1: bool) -> None:
    product: Product = make_product()
    request = rpc.signed("RegisterDevice", ProductKey=product.product_key, v1=v1)
    answers = [response.json() for response in at_once(*[request] * 12)]
    assert sorted(answer.get("Code", "") for answer in answers) == [
        "",
        *["SignatureNonceUsed"] * 11,
    ]
    assert Device.objects.count() == 1


def _utf8(text: str) -> str:
    """As WSGI shows it."""
    return text.encode().decode("latin-1")


REFUSED = {"SignatureNonceUsed", "InvalidSignatureNonce", "SignatureDoesNotMatch"}
BLANKS = ["\x85", "\xa0", "\u2003", "\u3000", "\x1c", "\t", " "]


@pytest.mark.parametrize("spelling", [str, _utf8], ids=["Latin-1", "UTF-8"])
def test_a_recorded_call_is_answered_once_whatever_blanks_stand_around_its_nonce(
    spelling: Callable[[str], str],
) -> None:
    product = make_product()
    request = rpc.signed("RegisterDevice", ProductKey=product.product_key)
    assert request().json()["Success"]
    assert isinstance(request, partial)
    headers = request.args[3]
    nonce = headers["x-acs-signature-nonce"]
    for blank in BLANKS:
        for said in (f"{spelling(blank)}{nonce}", f"{nonce}{spelling(blank)}"):
            headers["x-acs-signature-nonce"] = said
            assert request().json()["Code"] in REFUSED
    assert Device.objects.count() == 1


def test_calls_with_nonces_of_their_own_are_all_answered() -> None:
    product = make_product()
    key = product.product_key
    requests = [rpc.signed("RegisterDevice", ProductKey=key) for _ in range(12)]
    assert all(response.json()["Success"] for response in at_once(*requests))
    assert Device.objects.count() == 12
