"""Batch Management: the batches, newest first."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from imports.models import DeviceBatch
from imports.operations.batches import add_batch, generate_batch
from operators.actor import SHELL
from products.models import Product
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.factories import make_product
from tests.imports.batches.lists import names, uploaded

URL = "/devices/batches/"


@pytest.fixture
def product(db: None) -> Product:
    return make_product()


def listed(client: Client, query: str = "") -> str:
    return text(by_id(tree(client.get(URL + query)), "batch-list"))


def test_a_row_tells_method_count_state_and_who(console: Client, product: Product) -> None:
    batch = uploaded(product, *names(3), "ab")
    added = add_batch(SHELL, uploaded(product, *names(2)).pk)
    found = listed(console)
    name = product.name
    checked = f"{batch.pk} {name} Batch Upload lamps.csv 4 Rows to fix shell now Details"
    assert checked in found
    assert f"{added.pk} {name} Batch Upload lamps.csv 2 Added shell now Details" in found
    assert found.index("Added") < found.index("Rows to fix")


def test_only_what_was_added_can_be_downloaded_and_not_by_a_viewer(
    console: Client, viewing: Client, product: Product
) -> None:
    uploaded(product, *names(3))
    assert "DownloadCSV" not in listed(console)
    generate_batch(SHELL, product.product_key, 1)
    assert "DownloadCSV" in listed(console)
    assert "DownloadCSV" not in listed(viewing)


def test_product_and_state_filter_in_the_url(console: Client, product: Product) -> None:
    other = make_product()
    generate_batch(SHELL, other.product_key, 1)
    uploaded(product, *names(3))
    assert other.name not in listed(console, f"?product={product.product_key}")
    assert other.name in listed(console, "?state=CREATE_SUCCESS")
    assert product.name not in listed(console, "?state=CREATE_SUCCESS")
    assert "No batch matches" in listed(console, "?state=CREATE_FAILED")


def test_pages_by_key(console: Client, product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imports.batch_views.PAGE_SIZE", 2)
    for _ in range(3):
        generate_batch(SHELL, product.product_key, 1)
    first = tree(console.get(URL))
    older = next(e for e in walk(first) if attribute(e, "rel") == "next")
    oldest = DeviceBatch.objects.earliest("pk")
    assert text(by_id(tree(console.get(URL + (attribute(older, "href") or ""))), "batch-list"))
    assert f"/{oldest.pk}/" not in console.get(URL).content.decode()


def test_htmx_gets_the_list_alone(console: Client, product: Product) -> None:
    generate_batch(SHELL, product.product_key, 1)
    page = tree(console.get(URL))
    answer = console.get(URL + "?state=CHECK", headers=htmx("batch-list"))
    assert b"<html" not in answer.content
    swap(page, tree(answer), "batch-list")
    fresh = tree(console.get(URL + "?state=CHECK"))
    assert by_id(page, "batch-list") == by_id(fresh, "batch-list")


def test_an_empty_list_says_what_a_batch_is_and_offers_the_first(
    console: Client, viewing: Client
) -> None:
    assert "Add the first batch" in listed(console)
    assert "Add the first batch" not in listed(viewing)


def test_the_list_of_devices_leads_here_and_back(console: Client) -> None:
    assert f'href="{URL}"' in console.get("/devices/").content.decode()
    assert 'href="/devices/"' in console.get(URL).content.decode()


def test_costs_the_same_however_many(
    console: Client, product: Product, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        uploaded(product, "lamp-0001")
    with django_assert_max_num_queries(5):
        console.get(URL)
