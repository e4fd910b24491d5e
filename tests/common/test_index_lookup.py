"""Rows that are looked for one by one, each by the index of the columns that are told."""

import pytest

from common.sql.compiled_queries import Each, Prepared
from devices.models import Device, Session
from tests.factories import connect_by_secret, make_device, make_product

pytestmark = pytest.mark.django_db

NAMED = Prepared(
    lambda *columns: columns,
    lambda: (
        Device.objects.filter(pk__among=Each(("product", "device_name"), "names"))
        .order_by("pk")
        .values_list("product_id", "device_name")
    ),
)
OF_DEVICES = Prepared(
    int,
    lambda: (
        Session.objects.filter(pk__among=Each(("device",), "devices"))
        .order_by("pk")
        .values_list("device_id")
    ),
)


def test_by_two_columns() -> None:
    one, two = make_product(), make_product()
    for product in (one, two):
        for name in ("lamp-0001", "lamp-0002", "lamp-0003"):
            make_device(product, name)
    strange = 'a"b\\c,{d}'
    Device.objects.filter(device_name="lamp-0002").update(device_name=strange)
    wanted = [(one.pk, "lamp-0001"), (one.pk, strange), (two.pk, "lamp-0003")]
    missing = [(two.pk, "lamp-0002"), (two.pk + 1, "lamp-0001")]
    assert NAMED(names=[*reversed(wanted), *missing, *wanted]) == wanted
    assert NAMED(names=[]) == []


def test_by_one_column() -> None:
    devices = [make_device(make_product()) for _ in range(3)]
    for device in devices[:2]:
        connect_by_secret(device)
    first, second, third = (device.pk for device in devices)
    assert OF_DEVICES(devices=[third, second, first, first]) == [first, second]
    assert OF_DEVICES(devices={}) == []
