import pytest
from django.db import connection

from common.sql.prefix_lookup import in_byte_order
from devices.models import Device
from products.models import Product

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a4", {"a4:CF", "a4%_", "a4灯", "a4\U0010fffe"}),
        ("A4", {"A4:cf"}),
        ("a4:", {"a4:CF"}),
        ("a4%", {"a4%_"}),
        ("a4_", set()),
        ("a4%_x", set()),
        ("a4灯", {"a4灯"}),
        ("a4:CF", {"a4:CF"}),
        ("\\", {"\\a"}),
    ],
)
def test_finds_what_begins_so_and_tells_cases_apart(text: str, found: set[str]) -> None:
    for name in ("a4:CF", "A4:cf", "a4%_", "a4灯", "a4\U0010fffe", "b4", "xa4", "\\a", ""):
        Product.objects.create(name=name)
    rows = Product.objects.filter(name__prefix=text)
    assert set(rows.values_list("name", flat=True)) == found


def test_an_index_serves_it() -> None:
    """Every lookup by ProductKey's beginning; PostgreSQL would rather read a table this small."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Product.objects.filter(product_key__prefix="a1").values("pk").order_by().explain()
    assert "product_key" in plan
    assert "SCAN products" not in plan
    assert "Seq Scan" not in plan


NAMES = ["B-1", "a-1", "a-2", "b-1", "b_1", "灯"]


def test_after_and_before_go_by_bytes_in_either_direction() -> None:
    for name in reversed(NAMES):
        Product.objects.create(name=name)
    names = Product.objects.values_list("name", flat=True)
    upwards, downwards = in_byte_order("name"), in_byte_order("name", descending=True)
    assert list(names.order_by(upwards)) == NAMES
    assert list(names.filter(name__after="a-1").order_by(upwards)) == NAMES[2:]
    assert list(names.filter(name__before="b-1").order_by(downwards)) == NAMES[2::-1]


@pytest.mark.parametrize("descending", [False, True])
def test_the_index_of_names_gives_their_order(descending: bool) -> None:
    """So that a million of them are not sorted for the first few."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
    found = Device.objects.filter(device_name__prefix="lamp-", device_name__before="lamp-7")
    ordered = found.order_by(in_byte_order("device_name", descending=descending))
    plan = ordered.values("device_name")[:8].explain()
    assert "device_name_unique" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
