"""The way to the first activated device."""

from django.test import Client

from operators.models import Operator
from products.models import Product
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.factories import (
    connect_by_token,
    issued_client_id,
    make_product,
)


def steps(client: Client) -> str:
    return text(by_id(tree(client.get("/")), "first-steps"))


def shown(client: Client) -> bool:
    return any(attribute(e, "id") == "first-steps" for e in walk(tree(client.get("/"))))


def test_an_empty_console_says_how_it_begins(console: Client) -> None:
    told = steps(console)
    assert "Create a product" in told
    assert told.count("Done:") == 1  # Chen's phone
    page = tree(console.get("/"))
    assert "btn-primary" in (attribute(by_id(page, "step-product"), "class") or "")


def test_who_has_no_phone_begins_with_it(console: Client, chen: Operator) -> None:
    Operator.objects.update(phone="", phone_verified_at=None)
    page = tree(console.get("/"))
    assert attribute(by_id(page, "step-phone"), "href") == "/settings/phone/"


def test_each_step_is_ticked_when_it_is_done_and_leads_to_the_next(console: Client) -> None:
    product = make_product(open_registration=False)
    page = tree(console.get("/"))
    assert attribute(by_id(page, "step-registration"), "href") == product.get_absolute_url()
    Product.objects.update(dynamic_registration=True)
    assert steps(console).count("Done:") == 3
    page = tree(console.get("/"))
    assert attribute(by_id(page, "step-device"), "href") == f"{product.get_absolute_url()}connect/"


def test_with_the_first_activated_device_the_way_is_gone(console: Client) -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    assert shown(console)
    connect_by_token(product, "lamp-0001", issued)
    assert not shown(console)


def test_it_can_be_put_away_and_the_page_still_says_what_it_is_for(console: Client) -> None:
    assert console.post("/first-steps/hide/").status_code == 302
    assert not shown(console)
    main = text(by_id(tree(console.get("/")), "main"))
    assert "Create the first product" in main
    assert "host, port and CA" in main


def test_who_may_only_look_is_offered_no_step(viewing: Client) -> None:
    page = tree(viewing.get("/"))
    assert not any((attribute(e, "id") or "").startswith("step-") for e in walk(page))


def test_it_is_not_put_away_by_a_link(console: Client) -> None:
    assert console.get("/first-steps/hide/").status_code == 405
