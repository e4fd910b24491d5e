"""Suggestions for a name that does not exist."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.similar_names import distance, nearest_device_name, nearest_product_key
from products.models import Product
from tests.factories import make_device, make_product
from tests.statements import plan_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    product = make_product()
    for name in ("A4CF12008801", "lamp-0001", "lamp-0002", "Meter@east.hall", "abcd"):
        make_device(product, name)
    return product


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("a4cf12008801", "A4CF12008801"),
        ("A4:CF:12:00:88:01", "A4CF12008801"),
        ("a4-cf-12-00-88-01", "A4CF12008801"),
        ("lamp-00011", "lamp-0001"),
        ("lamp-001", "lamp-0001"),
        ("lamp_0001", "lamp-0001"),
        ("lapm-0002", "lamp-0002"),
        ("meter@east.hall", "Meter@east.hall"),
        ("Meter@east.ha11", "Meter@east.hall"),
        ("nothing-like-it", ""),
        ("wxyz", ""),
        ("abcd", ""),
    ],
)
def test_a_device_name_is_found_by_what_people_get_wrong(
    product: Product, sent: str, meant: str
) -> None:
    assert nearest_device_name(product, sent) == meant


def test_a_device_name_of_another_product_is_not_meant(product: Product) -> None:
    assert nearest_device_name(make_product(), "lamp-00011") == ""


def test_a_product_key_is_found_by_two_wrong_letters_or_other_case() -> None:
    key = make_product().product_key
    assert nearest_product_key(f"{key[:4]}-{key[5:]}") == key
    assert nearest_product_key(key.swapcase()) == key
    assert nearest_product_key(f"{key}12") == key
    assert nearest_product_key("!!!!!!!!!!!") == ""


@pytest.mark.parametrize(
    ("one", "two", "edits"),
    [
        ("", "", 0),
        ("lamp", "lamp", 0),
        ("lamp", "lamps", 1),
        ("lamp", "lump", 1),
        ("lamp", "plam", 2),
        ("lamp", "lantern", 3),
        ("lamp", "something else", 3),
    ],
)
def test_distance_counts_edits_up_to_a_limit(one: str, two: str, edits: int) -> None:
    assert distance(one, two, 3) == distance(two, one, 3) == edits


def test_names_of_a_large_product_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all of them, to be sorted: a refusal is explained beside what devices wait for."""
    monkeypatch.setattr("devices.similar_names.FEW", 2)
    product, other = make_product(), make_product()
    for number in range(6):
        make_device(product, f"lamp-000{number}")
    make_device(other, "lamp-000a")
    with CaptureQueriesContext(connection) as queries:
        assert nearest_device_name(product, "lamp-00x5") == "lamp-0005"
    for query in queries.captured_queries[-2:]:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("SET LOCAL enable_bitmapscan = off")
        plan = plan_of(query["sql"])
        assert "device_name_unique" in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan
