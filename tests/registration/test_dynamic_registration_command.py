"""`manage.py dynamic_registration on|off PRODUCT_KEY`."""

import pytest
from django.core.management.base import CommandError

from devices.models import LogEntry
from operators.models import AuditEntry
from tests.factories import make_product
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("wished", ["on", "off"])
def test_it_turns_the_switch(wished: str) -> None:
    product = make_product(open_registration=wished == "off")
    told = answer("dynamic_registration", wished, product.product_key)
    assert told == {
        "product_key": product.product_key,
        "dynamic_registration": wished == "on",
    }
    product.refresh_from_db()
    assert product.dynamic_registration is (wished == "on")


def test_audit_and_log_name_the_shell() -> None:
    product = make_product(open_registration=False)
    words("dynamic_registration", "on", product.product_key)
    entry = AuditEntry.objects.filter(act="product.dynamic_registration").get()
    assert (entry.origin, entry.target) == ("shell", product.target)
    assert LogEntry.objects.get().detail == {"by": "shell"}


def test_an_unknown_product_is_refused_with_the_field_named() -> None:
    assert failure("dynamic_registration", "on", "a1nosuchkey")["field"] == "product_key"


def test_anything_but_on_and_off_is_refused() -> None:
    product = make_product(open_registration=False)
    with pytest.raises(CommandError, match="invalid choice"):
        words("dynamic_registration", "maybe", product.product_key)
