import json

import pytest
from django.test import Client

from operators.actor import SHELL
from operators.models import AuditEntry
from products.models import Product
from products.operations.manage import set_published
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet

VALID = {
    "name": "Smart_Fan",
    "node_type": "1",
    "net_type": "ETHERNET",
    "data_format": "0",
    "data_connections": "server",
    "description": "Ceiling fan",
}


def test_creates_a_product_and_shows_it(console: Client) -> None:
    response = console.post("/products/new/", VALID)
    product = Product.objects.get(name="Smart_Fan")
    assert response.headers["Location"] == product.get_absolute_url()
    kept = (product.node_type, product.net_type, product.data_format, product.description)
    assert kept == (1, "ETHERNET", 0, "Ceiling fan")
    assert not product.dynamic_registration


def test_says_what_changed_with_a_link_to_the_audit_entry(console: Client) -> None:
    page = tree(console.post("/products/new/", VALID, follow=True))
    toast = [e for e in walk(page) if "data-toast" in dict(e.attributes)]
    assert text(toast[0]).startswith("Created product Smart_Fan.")
    link = next(e for e in walk(toast[0]) if e.name == "a")
    url, _, entry = (attribute(link, "href") or "").partition("#")
    assert "Created product Smart_Fan" in text(by_id(tree(console.get(url)), entry))


def test_htmx_goes_on_to_the_new_product_in_place(console: Client) -> None:
    response = console.post("/products/new/", VALID, headers=htmx("dialog-body"))
    product = Product.objects.get(name="Smart_Fan")
    assert json.loads(response.headers["HX-Location"]) == {
        "path": product.get_absolute_url(),
        "target": "#main",
        "select": "#main",
        "swap": "outerHTML",
    }


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "This field is required."),
        ("abc", "4 to 30 characters"),
        ("灯" * 16, "4 to 30 characters"),
        ("my lamp", "only letters, digits and _ - @ ( )"),
        ("Smart_Lamp", "A product named Smart_Lamp already exists."),
    ],
)
def test_an_error_stands_beside_the_field_and_keeps_what_was_typed(
    console: Client, fleet: Fleet, name: str, words: str
) -> None:
    before = Product.objects.count()
    form = VALID | {"name": name, "description": "Kept as typed"}
    response = console.post("/products/new/", form, headers=htmx("dialog-body"))
    assert response.status_code == 422
    assert b"<html" not in response.content
    dialog = by_id(tree(response), "dialog-body")
    field = by_id(dialog, "id_name")
    assert attribute(field, "aria-invalid") == "true"
    assert (attribute(field, "value") or "") == name
    assert words in text(by_id(dialog, "id_name_error"))
    assert "id_name_error" in (attribute(field, "aria-describedby") or "")
    assert "Kept as typed" in text(dialog)
    assert Product.objects.count() == before


def test_without_htmx_the_same_error_comes_on_a_whole_page(console: Client) -> None:
    response = console.post("/products/new/", VALID | {"name": "abc"})
    assert response.status_code == 422
    assert "4 to 30 characters" in text(by_id(tree(response), "main"))


@pytest.mark.parametrize("field", ["node_type", "net_type", "data_format"])
def test_a_choice_that_is_not_offered_is_refused(console: Client, field: str) -> None:
    assert console.post("/products/new/", VALID | {field: "99"}).status_code == 422
    assert not Product.objects.exists()


def test_edit_changes_name_and_description_only(console: Client, fleet: Fleet) -> None:
    url = fleet.lamp.get_absolute_url() + "edit/"
    assert attribute(by_id(tree(console.get(url)), "id_name"), "value") == "Smart_Lamp"
    console.post(url, VALID | {"name": "Bright_Lamp", "description": "New"})
    lamp = Product.objects.get(pk=fleet.lamp.pk)
    assert (lamp.name, lamp.description) == ("Bright_Lamp", "New")
    assert (lamp.node_type, lamp.product_key) == (fleet.lamp.node_type, fleet.lamp.product_key)


def test_a_published_product_cannot_be_edited(console: Client, fleet: Fleet) -> None:
    set_published(SHELL, fleet.lamp.product_key, published=True)
    response = console.post(fleet.lamp.get_absolute_url() + "edit/", VALID)
    assert response.status_code == 422
    assert "Cancel publishing first" in text(by_id(tree(response), "main"))
    assert Product.objects.get(pk=fleet.lamp.pk).name == "Smart_Lamp"


def test_the_audit_names_who_did_it(console: Client) -> None:
    console.post("/products/new/", VALID)
    entry = AuditEntry.objects.get(act="product.create")
    assert (str(entry.operator), entry.origin) == ("chen", "console")
