import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from operators.actor import SHELL
from products.models import Product
from products.operations.manage import create_product, set_published
from tests.console.dom import by_id, swap, text, tree
from tests.console.fixtures import htmx
from tests.console.seed import Fleet


def names(client: Client, query: str = "") -> str:
    return text(by_id(tree(client.get(f"/products/{query}")), "product-list"))


def test_lists_the_newest_first_with_its_device_count(console: Client, fleet: Fleet) -> None:
    shown = names(console)
    assert shown.index("Water_Meter") < shown.index("Smart_Lamp")
    assert f"Smart_Lamp {fleet.lamp.product_key} Directly Connected Device 6 On" in shown
    assert f"Water_Meter {fleet.meter.product_key} Directly Connected Device 2 Off" in shown


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?name=lamp", {"Smart_Lamp"}),
        ("?name=METER", {"Water_Meter"}),
        ("?status=published", {"Water_Meter"}),
        ("?registration=on", {"Smart_Lamp"}),
        ("?registration=off", {"Water_Meter"}),
        ("?name=%25", set()),
        ("?name=_L", {"Smart_Lamp"}),
    ],
)
def test_filters_stand_in_the_url(
    console: Client, fleet: Fleet, query: str, expected: set[str]
) -> None:
    set_published(SHELL, fleet.meter.product_key, published=True)
    shown = names(console, query)
    assert {name for name in ("Smart_Lamp", "Water_Meter") if name in shown} == expected


def test_an_empty_list_says_what_a_product_is_and_offers_the_first(console: Client) -> None:
    assert "Create the first product" in names(console)
    assert "firmware" in names(console)


def test_a_filter_without_a_match_leads_back(console: Client, fleet: Fleet) -> None:
    assert "No product matches" in names(console, "?name=nothing")
    assert "Show all products" in names(console, "?name=nothing")


def test_htmx_gets_the_list_alone_and_it_is_what_a_fresh_page_shows(
    console: Client, fleet: Fleet
) -> None:
    page = tree(console.get("/products/"))
    answer = console.get("/products/?name=lamp", headers=htmx("product-list"))
    assert b"<html" not in answer.content
    assert "HX-Target" in answer.headers["Vary"]
    swap(page, tree(answer), "product-list")
    fresh = tree(console.get("/products/?name=lamp"))
    assert by_id(page, "product-list") == by_id(fresh, "product-list")


def test_a_restored_history_entry_gets_the_whole_page(console: Client, fleet: Fleet) -> None:
    headers = htmx("product-list") | {"HX-History-Restore-Request": "true"}
    assert b"<html" in console.get("/products/", headers=headers).content


def test_pages_by_key_and_keeps_the_filter(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("products.views.PAGE_SIZE", 2)
    made = [create_product(SHELL, f"Pump_{n}") for n in range(3)]
    first = console.get("/products/?name=pump")
    older = f"?name=pump&before={made[1].pk}"
    assert older.replace("&", "&amp;") in first.content.decode()
    assert "Pump_0" in names(console, older)
    assert "Pump_1" not in names(console, older)


def test_costs_the_same_however_many_products(
    console: Client, fleet: Fleet, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        create_product(SHELL, f"Pump_{number}")
    assert Product.objects.count() == 22
    # session, operator, saved filters, products, device counts
    with django_assert_num_queries(5):
        console.get("/products/")
