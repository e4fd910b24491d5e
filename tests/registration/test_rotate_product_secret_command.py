"""`manage.py rotate_product_secret PRODUCT_KEY`."""

import pytest

from products.models import Product
from tests.factories import make_product
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


def test_it_rotates_and_shows_the_new_secret() -> None:
    product = make_product()
    told = answer("rotate_product_secret", product.product_key)
    now = Product.objects.get(pk=product.pk)
    assert told == {
        "product_key": product.product_key,
        "secret_version": 2,
        "old_secret_until": None,
        "product_secret": now.product_secret,
    }
    assert now.product_secret != product.product_secret


def test_an_overlap_is_an_option() -> None:
    product = make_product()
    told = words("rotate_product_secret", product.product_key, "--overlap-days=30")
    assert "the old one still serves until" in told
    ended = answer("rotate_product_secret", product.product_key, "--end-overlap")
    assert ended == {
        "product_key": product.product_key,
        "secret_version": 2,
        "old_secret_until": None,
    }


@pytest.mark.parametrize(
    "arguments", [["a1nosuchkey"], ["", "--end-overlap"], ["", "--overlap-days=1000"]]
)
def test_what_cannot_be_done_is_told(arguments: list[str]) -> None:
    product = make_product()
    key = arguments[0] or product.product_key
    assert failure("rotate_product_secret", key, *arguments[1:])["error"]
    assert Product.objects.get(pk=product.pk).secret_version == 1
