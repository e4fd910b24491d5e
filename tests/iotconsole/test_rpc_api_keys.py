"""Access keys: a nonce is valid once, limits are per key, and every use is recorded."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from time_machine import Traveller

from iotconsole.rpc_api import ACTIONS
from operators.models import AccessKey, AccessKeyScope
from products.models import Product
from protocol import rpc as verified
from tests import rpc
from tests.factories import make_product

pytestmark = pytest.mark.django_db
THROTTLED = (400, "Throttling.User")


@pytest.fixture
def product() -> Product:
    return make_product()


@pytest.fixture
def still(time_machine: Traveller) -> Traveller:
    """The clock stands."""
    time_machine.move_to(timezone.now(), tick=False)
    return time_machine


def passes(product: Product, action: str = "QueryProduct", **asked: Any) -> bool:
    response = rpc.send(action, ProductKey=product.product_key, **asked)
    if response.status_code == 200:
        return True
    assert (response.status_code, response.json()["Code"]) == THROTTLED
    message = "Request was denied due to user flow control."
    assert response.json()["Message"] == message
    return False


@pytest.mark.parametrize("v1", [True, False], ids=["v1", "v3"])
def test_a_request_is_good_once(product: Product, v1: bool) -> None:
    request = rpc.signed("QueryProduct", ProductKey=product.product_key, v1=v1)
    assert [request().status_code for _ in range(3)] == [200, 400, 400]


def test_a_nonce_that_another_key_spent_is_good(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Same:
        hex = "the-same-nonce"

    monkeypatch.setattr(rpc, "uuid4", Same)
    keys = [rpc.key_for(scope) for scope in AccessKeyScope]
    asked = {"ProductKey": product.product_key}
    assert all(rpc.data("QueryProduct", key=key, **asked) for key in keys)
    for v1 in (True, False):
        refused = rpc.refusal("QueryProduct", key=keys[0], v1=v1, **asked)
        assert refused == (400, "SignatureNonceUsed")


def test_a_nonce_is_spent_by_what_the_action_refuses_and_not_by_a_wrong_signature() -> None:
    refused = rpc.signed("QueryProduct")
    assert refused().json()["Code"] == "MissingProductKey"
    assert refused().json()["Code"] == "SignatureNonceUsed"
    key = rpc.key_for()
    key.secret += "x"
    forged = rpc.signed("QueryProduct", key=key)
    assert {forged().json()["Code"] for _ in range(2)} == {"SignatureDoesNotMatch"}


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_deleted_while_it_is_verified_is_not_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = rpc.signed("QueryProductList", CurrentPage=1, PageSize=10)
    check = verified.check_clock

    def check_then_delete(*asked: Any) -> None:
        check(*asked)
        AccessKey.objects.all().delete()

    monkeypatch.setattr(verified, "check_clock", check_then_delete)
    response = request()
    refused = response.status_code, response.json()["Code"]
    assert refused == (404, "InvalidAccessKeyId.NotFound")


@pytest.mark.parametrize("scope", AccessKeyScope)
@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_a_key_does_what_its_scope_covers(action: str, scope: AccessKeyScope) -> None:
    response = rpc.send(action, key=rpc.key_for(scope))
    forbidden = response.json().get("Code") == "Forbidden.RAM"
    assert forbidden is not scope.allows(ACTIONS[action].scope)
    assert (response.status_code == 403) is forbidden


def test_the_limit_is_what_the_platform_documents(product: Product, still: Traveller) -> None:
    most = ACTIONS["UpdateProduct"].per_second
    asked = {"action": "UpdateProduct", "ProductName": product.name}
    assert [passes(product, **asked) for _ in range(most + 2)] == [True] * most + [False] * 2


def test_each_key_and_action_has_a_limit_of_its_own(
    product: Product, still: Traveller, settings: Settings
) -> None:
    settings.API_LIMITS = {"QueryProduct": 2, "*": 1}
    assert [passes(product) for _ in range(3)] == [True, True, False]
    assert [passes(product, "QueryDevice") for _ in range(2)] == [True, False]
    assert passes(product, key=rpc.key_for(AccessKeyScope.READ_ONLY))


def test_no_limit_is_zero(product: Product, still: Traveller, settings: Settings) -> None:
    settings.API_LIMITS = {"QueryProduct": 0, "*": 1}
    assert all(passes(product) for _ in range(60))


def test_calls_that_were_turned_away_do_not_count(
    product: Product, still: Traveller, settings: Settings
) -> None:
    settings.API_LIMITS = {"QueryProduct": 2}
    assert [passes(product) for _ in range(4)] == [True, True, False, False]
    still.shift(0.9)
    assert not passes(product)
    still.shift(0.1)
    assert [passes(product) for _ in range(3)] == [True, True, False]


def test_a_key_is_stamped_by_what_it_signed_alone(product: Product) -> None:
    key = rpc.key_for()
    forged = AccessKey.objects.get(pk=key.pk)
    forged.secret += "x"
    rpc.send("QueryProduct", key=forged)
    assert AccessKey.objects.get().last_used_at is None
    rpc.send("QueryProduct", key=key)
    stamped = AccessKey.objects.get()
    assert stamped.last_used_at
    assert timezone.now() - stamped.last_used_at < timedelta(minutes=1)
    assert stamped.last_used_address == "127.0.0.1"
