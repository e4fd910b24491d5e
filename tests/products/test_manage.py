"""Create, change, publish and delete a product."""

import re

import pytest

from common.errors import ConflictError, NotFoundError, OperationError
from operators.actor import SHELL
from operators.models import AuditEntry
from products.models import Product
from products.operations.manage import (
    create_product,
    delete_product,
    set_published,
    update_product,
)
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db


def test_a_product_gets_key_and_secret_and_a_closed_switch() -> None:
    product = create_product(SHELL, "Smart-Lamp")
    assert re.fullmatch("[A-Za-z0-9]{11}", product.product_key)
    assert re.fullmatch("[A-Za-z0-9]{16}", product.product_secret)
    assert product.dynamic_registration is False


@pytest.mark.parametrize(
    "name", ["abc", "a" * 31, "智能灯泡智能灯泡智能灯泡智能灯泡", "a/bcd", "lamp;lamp"]
)
def test_a_name_outside_the_platforms_rule_is_refused(name: str) -> None:
    with pytest.raises(OperationError) as error:
        create_product(SHELL, name)
    assert error.value.field == "name"
    assert not Product.objects.exists()


@pytest.mark.parametrize("name", ["lamp", "灯泡", "Smart_Lamp-2@(EU)", "a" * 30])
def test_names_within_it_are_taken(name: str) -> None:
    assert create_product(SHELL, name).name == name


def test_a_name_is_unique() -> None:
    create_product(SHELL, "Smart-Lamp")
    with pytest.raises(ConflictError, match="already exists"):
        create_product(SHELL, "Smart-Lamp")


def test_a_product_with_devices_is_not_deleted() -> None:
    device = make_device(make_product())
    with pytest.raises(ConflictError, match="still has devices"):
        delete_product(SHELL, device.product.product_key)


def test_a_published_product_is_neither_changed_nor_deleted() -> None:
    product = make_product()
    set_published(SHELL, product.product_key, published=True)
    with pytest.raises(ConflictError, match="Cancel publishing"):
        update_product(SHELL, product.product_key, name="other", description="")
    with pytest.raises(ConflictError, match="Cancel publishing"):
        delete_product(SHELL, product.product_key)
    set_published(SHELL, product.product_key, published=False)
    delete_product(SHELL, product.product_key)
    with pytest.raises(NotFoundError):
        delete_product(SHELL, product.product_key)


def test_every_act_is_audited_without_the_secret() -> None:
    product = make_product()
    update_product(SHELL, product.product_key, name="renamed", description="x")
    delete_product(SHELL, product.product_key)
    entries = AuditEntry.objects.filter(target=product.target)
    assert {e.act for e in entries} == {"product.create", "product.update", "product.delete"}
    everything = repr([vars(e) for e in entries])
    assert product.product_secret not in everything + repr(product)
