"""`manage.py create_product`."""

import pytest

from operators.models import AuditEntry
from products.models import Product
from tests.shell import answer, failure, words

pytestmark = pytest.mark.django_db


def test_it_prints_the_product_certificate_as_json() -> None:
    told = answer("create_product", "Smart-Lamp")
    product = Product.objects.get()
    assert told == {
        "product_key": product.product_key,
        "product_secret": product.product_secret,
        "name": "Smart-Lamp",
    }


def test_it_prints_the_product_certificate_in_words() -> None:
    told = words("create_product", "Smart-Lamp")
    product = Product.objects.get()
    assert product.product_key in told
    assert product.product_secret in told


def test_dynamic_registration_of_the_new_product_is_off() -> None:
    answer("create_product", "Smart-Lamp")
    assert Product.objects.get().dynamic_registration is False


def test_the_audit_trail_names_the_shell() -> None:
    answer("create_product", "Smart-Lamp")
    assert AuditEntry.objects.get().origin == "shell"


def test_a_bad_name_is_refused_with_the_field_named() -> None:
    told = failure("create_product", "x")
    assert told["field"] == "name"
    assert "4 to 30 characters" in told["error"]


def test_a_name_in_use_is_refused() -> None:
    answer("create_product", "Smart-Lamp")
    assert "already exists" in failure("create_product", "Smart-Lamp")["error"]
