"""The switch: it moves only when the server has taken a code for exactly this wish."""

import json

import pytest
from django.test import Client

from operators.sms.memory import Message
from products.models import Product
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.operators.people import code_in, other_than

CONFIRMATION = htmx("confirmation")


def url_of(product: Product, wished: str) -> str:
    """The URL of the step that asks for the code."""
    limits = "&open_for=always" if wished == "on" else ""
    return f"{product.get_absolute_url()}dynamic-registration/?to={wished}{limits}"


def is_on(product: Product) -> bool:
    return Product.objects.get(pk=product.pk).dynamic_registration


def send(console: Client, url: str, outbox: list[Message]) -> str:
    """Ask for a code in the dialog and read it off the phone."""
    response = console.post(url, {"action": "send"}, headers=CONFIRMATION)
    assert response.status_code == 200
    return code_in(outbox[-1])


def confirm(console: Client, url: str, code: str) -> object:
    form = {"action": "confirm", "method": "sms", "code": code}
    return console.post(url, form, headers=CONFIRMATION)


@pytest.mark.parametrize("wished", ["on", "off"])
def test_the_right_code_turns_the_switch(
    console: Client, fleet: Fleet, outbox: list[Message], wished: str
) -> None:
    product = fleet.meter if wished == "on" else fleet.lamp
    url = url_of(product, wished)
    response = confirm(console, url, send(console, url, outbox))
    assert is_on(product) == (wished == "on")
    location = json.loads(response.headers["HX-Location"])  # type: ignore[attr-defined]
    assert location["path"] == product.get_absolute_url()
    page = tree(console.get(location["path"]))
    switch = by_id(page, "registration-switch")
    assert attribute(switch, "aria-checked") == ("true" if wished == "on" else "false")
    assert f"Turned {wished} Dynamic Registration for {product.name}." in text(page)
    assert f"Turned {wished} now by chen" in text(page)


def test_opening_and_leaving_the_dialog_changes_nothing(console: Client, fleet: Fleet) -> None:
    console.get(url_of(fleet.meter, "on"), headers=htmx("dialog-body"))
    assert not is_on(fleet.meter)


def test_a_wrong_code_keeps_the_switch_the_dialog_and_what_was_typed(
    console: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = url_of(fleet.meter, "on")
    dialog = tree(console.get(url, headers=htmx("dialog-body")))
    wrong = other_than(send(console, url, outbox))
    answer = confirm(console, url, wrong)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    swap(dialog, tree(answer), "confirmation")  # type: ignore[arg-type]
    assert "Wrong code. 4 tries left." in text(dialog)
    assert attribute(by_id(dialog, "confirmation-sms-code"), "value") == wrong
    assert not is_on(fleet.meter)


def test_a_code_for_one_wish_serves_no_other(
    console: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    code = send(console, url_of(fleet.meter, "on"), outbox)
    assert confirm(console, url_of(fleet.lamp, "off"), code).status_code == 422  # type: ignore[attr-defined]
    assert is_on(fleet.lamp)


def test_the_dialog_says_what_will_happen_and_where_the_code_goes(
    console: Client, fleet: Fleet
) -> None:
    for wished, words in (("on", "can then register"), ("off", "are then refused")):
        shown = text(tree(console.get(url_of(fleet.lamp, wished))))
        assert words in shown
        assert "Send code to +86 ••• 1234" in shown


def test_the_dialog_alone_comes_to_htmx(console: Client, fleet: Fleet) -> None:
    response = console.get(url_of(fleet.lamp, "off"), headers=htmx("dialog-body"))
    assert b"<html" not in response.content
    forms = [e for e in walk(tree(response)) if e.name == "form"]
    assert {attribute(form, "hx-post") for form in forms} == {url_of(fleet.lamp, "off")}


def test_without_htmx_the_page_after_the_code_is_the_product(
    console: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = url_of(fleet.meter, "on")
    console.post(url, {"action": "send"})
    form = {"action": "confirm", "method": "sms", "code": code_in(outbox[-1])}
    response = console.post(url, form)
    assert response.headers["Location"] == fleet.meter.get_absolute_url()
    assert is_on(fleet.meter)


def test_the_switch_asks_for_the_opposite_of_what_it_shows(console: Client, fleet: Fleet) -> None:
    for product, wish in ((fleet.lamp, "off"), (fleet.meter, "on")):
        live = by_id(tree(console.get(product.get_absolute_url())), "live")
        hidden = [e for e in walk(live) if attribute(e, "name") == "to"]
        assert [attribute(e, "value") for e in hidden] == [wish]
