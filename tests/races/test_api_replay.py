"""One signed request, sent many times at one moment: it is answered once."""

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


def test_calls_with_nonces_of_their_own_are_all_answered() -> None:
    product = make_product()
    key = product.product_key
    requests = [rpc.signed("RegisterDevice", ProductKey=key) for _ in range(12)]
    assert all(response.json()["Success"] for response in at_once(*requests))
    assert Device.objects.count() == 12
