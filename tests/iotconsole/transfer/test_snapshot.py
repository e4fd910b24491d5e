"""A backup shows one moment, and keeps nobody from writing."""

import pytest
from django.db import Error as AnyDatabaseError

from iotconsole.transfer.snapshot import one_moment
from products.models import Product
from tests.factories import make_product
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_writes_meanwhile_succeeds_and_is_not_seen() -> None:
    make_product()
    with one_moment():
        assert Product.objects.count() == 1
        at_once(make_product)
        assert Product.objects.count() == 1
    assert Product.objects.count() == 2


def test_nothing_can_be_written_in_it_and_everything_after_it() -> None:
    with pytest.raises(AnyDatabaseError), one_moment():
        Product.objects.all().update(name="other")
    make_product()
    assert Product.objects.count() == 1
