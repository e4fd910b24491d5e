"""A product to call about, and keys that may do less than everything."""

from collections.abc import Callable

import pytest

from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope
from products.models import Product
from products.operations.grants import set_grants
from tests import rpc
from tests.factories import make_product
from tests.operators.people import person

# Makes a key of an account that was granted some products: may it change them, by ProductKey.
GrantedKey = Callable[..., AccessKey]


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

    def made(**granted: bool) -> AccessKey:
        set_grants(SHELL, account.pk, every_product=False, granted=granted)
        return rpc.key_for(AccessKeyScope.EVERYTHING, account)

    return made
