import pytest
from django.db import connection

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
