"""Statements that the ORM writes once."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.db.models import BooleanField, DateTimeField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Coalesce

from common.sql.compiled_queries import Param, Prepared, PreparedUpdate, prepared_instances
from devices.models import Device, Session
from products.models import Product
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 12, 30, 15, 123456, tzinfo=UTC)


class Row(NamedTuple):
    pk: int
    device_name: str
    enabled: bool
    activated: bool
    device_secret: str
    activated_at: datetime | None


def by_name() -> QuerySet[Device, Any]:
    activated = ExpressionWrapper(Q(activated_at__isnull=False), BooleanField())
    return (
        Device.objects.filter(device_name__among=Param("names"))
        .order_by("pk")
        .values_list(
            *("pk", "device_name", "enabled"), activated, *("device_secret", "activated_at")
        )
    )


def test_rows_are_those_of_the_orm_with_their_types() -> None:
    product = make_product()
    one, two = make_device(product), make_device(product)
    make_device(product)
    Device.objects.filter(pk=two.pk).update(activated_at=NOW, enabled=False)
    find = Prepared(Row, by_name)
    assert find(names={one.device_name, two.device_name}) == [
        Row(one.pk, one.device_name, True, False, one.device_secret, None),
        Row(two.pk, two.device_name, False, True, two.device_secret, NOW),
    ]
    assert find(names=[two.device_name])[0].enabled is False


def test_a_statement_is_written_once_for_any_number_of_values() -> None:
    names = [make_device(make_product()).device_name for _ in range(3)]
    written: list[str] = []

    def build() -> QuerySet[Device, Any]:
        written.append("once")
        return by_name()

    find = Prepared(Row, build)
    assert [len(find(names=names[:count])) for count in (0, 1, 2, 3)] == [0, 1, 2, 3]
    assert written == ["once"]


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a\\b", "%s", "{a,b}", "名字", "NULL", "x" * 40])
def test_a_value_finds_what_equals_it_and_nothing_else(name: str) -> None:
    product = make_product()
    for stored in (name[:32], "other"):
        Device.objects.create(product=product, device_name=stored)
    found = Prepared(Row, by_name)(names=[name])
    assert [row.device_name for row in found] == ([name] if len(name) <= 32 else [])


def test_among_takes_numbers_uuids_and_what_foreign_keys_point_to() -> None:
    product, listener = make_product(), uuid4()
    device = make_device(product)
    Session.objects.create(
        device=device, product=product, trace_id="t", listener=listener, connected_at=NOW
    )
    assert Session.objects.filter(listener__among=[listener, uuid4()]).get().device == device
    assert Session.objects.filter(device__among=[device.pk, 0]).exists()
    assert Session.objects.filter(device_id__among={device.pk}).exists()
    assert Device.objects.filter(pk__among=[device.pk]).get() == device
    assert not Device.objects.filter(pk__among=[]).exists()


def test_an_update_changes_the_rows_asked_for_and_says_how_many() -> None:
    product = make_product()
    one, two, three = (make_device(product) for _ in range(3))
    Device.objects.filter(pk=two.pk).update(activated_at=NOW)
    later = NOW.replace(year=2027)
    activate = PreparedUpdate(
        lambda: Device.objects.filter(pk__among=Param("devices")),
        activated_at=Coalesce("activated_at", Param("now", DateTimeField())),
        nickname="seen",
    )
    assert activate(devices=[one.pk, two.pk], now=later) == 2
    assert activate(devices=[], now=later) == 0
    stored = Device.objects.order_by("pk").values_list("activated_at", "nickname")
    assert list(stored) == [(later, "seen"), (NOW, "seen"), (None, three.nickname)]


def test_objects_come_whole_or_without_the_columns_left_out() -> None:
    product = make_product()
    find = prepared_instances(
        Product, lambda: Product.objects.filter(product_key__among=Param("keys"))
    )
    without = prepared_instances(
        Product,
        lambda: Product.objects.filter(product_key__among=Param("keys")),
        without={"product_secret"},
    )
    assert find(keys=[product.product_key]) == [product]
    assert find(keys=[product.product_key])[0].product_secret == product.product_secret
    assert without(keys=[product.product_key])[0].get_deferred_fields() == {"product_secret"}
    assert without(keys=[product.product_key])[0].product_secret == product.product_secret
