"""Fixtures for actions of the RPC API: a product, and keys that may do less than everything."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from operators.models import AccessKey, AccessKeyScope, Operator
from products.models import Product, ProductGrant
from tests import rpc
from tests.factories import make_product
from tests.operators.people import person

# Makes a key of an account that was granted this product, to change it or to look at it.
GrantedKey = Callable[[Product, bool], AccessKey]


@pytest.fixture(autouse=True)
def no_crowd(settings: Settings) -> None:
    """However many calls a test makes in a second."""
    settings.API_LIMITS = {"*": 1000}


@pytest.fixture
def product(db: None) -> Product:
    return make_product()


@pytest.fixture
def reading(db: None) -> AccessKey:
    """A key that may only read."""
    return rpc.key_for(AccessKeyScope.READ_ONLY)


@pytest.fixture
def granted_key(db: None) -> GrantedKey:
    account = person("lim")
    Operator.objects.filter(pk=account.pk).update(every_product=False)

    def made(product: Product, may_change: bool) -> AccessKey:
        ProductGrant.objects.create(operator=account, product=product, may_change=may_change)
        return rpc.key_for(AccessKeyScope.EVERYTHING, account)

    return made
