"""A signed call of the RPC API is answered however it is signed and sent."""

from typing import Any

import pytest

from tests import rpc
from tests.factories import make_product

pytestmark = pytest.mark.django_db

HOW = [{}, {"v1": True}, {"form": True}, {"v1": True, "form": True}, {"v1": True, "method": "GET"}]


@pytest.mark.parametrize("signed", HOW)
def test_an_action_answers(signed: dict[str, Any]) -> None:
    product = make_product()
    told = rpc.data("QueryProduct", ProductKey=product.product_key, **signed)
    assert told["ProductName"] == product.name


@pytest.mark.parametrize("signed", HOW)
def test_what_an_action_refuses_has_its_code(signed: dict[str, Any]) -> None:
    unknown = rpc.failure("QueryProduct", ProductKey="灯 +&=*~/%", **signed)
    assert unknown == "iot.prod.NotExistedProduct"
    assert rpc.refusal("QueryProduct", **signed) == (400, "MissingProductKey")
