"""Rotating the ProductSecret in the console: the overlap first, then the code for it."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from operators.sms.memory import Message
from products.models import Product
from tests.console.dom import attribute, by_id, text, tree
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.factories import register_now, registration
from tests.operators.people import code_in

CONFIRMATION, DIALOG = htmx("confirmation"), htmx("dialog-body")


def url_of(product: Product, act: str = "rotate-secret", **query: str) -> str:
    return f"{product.get_absolute_url()}{act}/?{urlencode(query)}"


def confirm(console: Client, url: str, outbox: list[Message]) -> None:
    console.post(url, {"action": "send"}, headers=CONFIRMATION)
    form = {"action": "confirm", "method": "sms", "code": code_in(outbox[-1])}
    assert console.post(url, form, headers=CONFIRMATION).status_code == 200


def version(product: Product) -> int:
    return Product.objects.get(pk=product.pk).secret_version


def test_the_first_step_asks_how_long_the_old_one_serves(console: Client, fleet: Fleet) -> None:
    shown = text(tree(console.get(url_of(fleet.lamp), headers=DIALOG)))
    for words in ("Stops working now", "Works 7 more days", "Works 90 more days"):
        assert words in shown
    assert "Send code" not in shown


@pytest.mark.parametrize(
    ("overlap", "words"),
    [("0", "the old one stops working now"), ("90", "the old one works 90 more days")],
)
def test_the_second_step_names_what_the_code_is_for(
    console: Client, fleet: Fleet, overlap: str, words: str
) -> None:
    shown = text(tree(console.get(url_of(fleet.lamp, overlap=overlap), headers=DIALOG)))
    assert f"({fleet.lamp.product_key}), {words}" in shown


def test_the_code_rotates(console: Client, fleet: Fleet, outbox: list[Message]) -> None:
    old = fleet.lamp
    confirm(console, url_of(old, overlap="30"), outbox)
    assert version(old) == 2
    register_now(registration(old, "lamp-0100"), registration(old, "lamp-0101"))
    page = tree(console.get(old.get_absolute_url()))
    assert "2 devices have registered with the old ProductSecret" in text(page)
    link = attribute(by_id(page, "old-secret-devices"), "href") or ""
    listed = text(by_id(tree(console.get(link)), "device-list"))
    assert "lamp-0100" in listed
    assert "lamp-0001" not in listed


def test_a_code_for_one_overlap_serves_no_other(
    console: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    console.post(url_of(fleet.lamp, overlap="90"), {"action": "send"}, headers=CONFIRMATION)
    form = {"action": "confirm", "method": "sms", "code": code_in(outbox[-1])}
    answer = console.post(url_of(fleet.lamp, overlap="0"), form, headers=CONFIRMATION)
    assert answer.status_code == 422
    assert version(fleet.lamp) == 1


def test_the_overlap_is_ended_with_a_code_too(
    console: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    url = url_of(fleet.lamp, overlap="30")
    console.post(url, {"action": "send"}, headers=CONFIRMATION)
    form = {"action": "confirm", "method": "sms", "code": code_in(outbox[-1])}
    console.post(url, form, headers=CONFIRMATION)
    shown = text(tree(console.get(url_of(fleet.lamp, "end-overlap"), headers=DIALOG)))
    assert "stop the old ProductSecret of product Smart_Lamp" in shown
    assert Product.objects.get(pk=fleet.lamp.pk).previous_secret_sealed


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"overlap": "until"}, "Choose when it stops"),
        ({"overlap": "until", "until": "2020-01-01T00:00:00Z"}, "has passed"),
        ({"overlap": "5"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(
    console: Client, fleet: Fleet, query: dict[str, str], words: str
) -> None:
    response = console.get(url_of(fleet.lamp, **query), headers=DIALOG)
    assert response.status_code == 422
    assert words in text(tree(response))


@pytest.mark.parametrize("act", ["rotate-secret", "end-overlap"])
def test_a_viewer_may_not(viewing: Client, fleet: Fleet, act: str) -> None:
    assert viewing.get(url_of(fleet.lamp, act, overlap="0")).status_code == 403


def test_no_page_shows_a_secret(console: Client, fleet: Fleet, outbox: list[Message]) -> None:
    confirm(console, url_of(fleet.lamp, overlap="30"), outbox)
    new = Product.objects.get(pk=fleet.lamp.pk).product_secret
    for url in (fleet.lamp.get_absolute_url(), url_of(fleet.lamp), "/logs/", "/audit/"):
        shown = console.get(url).content.decode()
        assert new not in shown
        assert fleet.lamp.product_secret not in shown
