"""Turning on with limits: chosen in one step of the dialog, confirmed in the next."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from operators.sms.memory import Message
from products.models import Product
from products.registration_window import Window, window_of
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.factories import issued_client_id, open_window
from tests.operators.people import code_in

CONFIRMATION, DIALOG = htmx("confirmation"), htmx("dialog-body")


def url_of(product: Product, **limits: object) -> str:
    query = urlencode({"to": "on", **limits}) if limits else "to=on"
    return f"{product.get_absolute_url()}dynamic-registration/?{query}"


def confirm(console: Client, url: str, outbox: list[Message]) -> object:
    """Have a code sent for what stands in the URL, and type it."""
    assert console.post(url, {"action": "send"}, headers=CONFIRMATION).status_code == 200
    form = {"action": "confirm", "method": "sms", "code": code_in(outbox[-1])}
    return console.post(url, form, headers=CONFIRMATION)


def limits_of(product: Product) -> Window:
    return window_of(Product.objects.get(pk=product.pk))


def test_the_first_step_asks_for_limits_and_sends_no_code(console: Client, fleet: Fleet) -> None:
    shown = text(tree(console.get(url_of(fleet.meter), headers=DIALOG)))
    for label in ("Until I close it", "For 8 hours", "Budget", "DeviceNames", "Source networks"):
        assert label in shown
    assert "Send code" not in shown


def test_the_second_step_names_every_limit(console: Client, fleet: Fleet) -> None:
    url = url_of(
        fleet.meter,
        open_for="24",
        budget=100,
        names="meter-*",
        networks="192.0.2.0/24 2001:db8::/32",
        modes="register",
    )
    shown = text(tree(console.get(url, headers=DIALOG)))
    assert (
        f"turn on Dynamic Registration for product Water_Meter ({fleet.meter.product_key}), "
        "for 24 h, with a budget of 100, for DeviceNames like meter-*, "
        "only from 192.0.2.0/24 2001:db8::/32, only authType register"
    ) in shown
    assert "Send code to +86 ••• 1234" in shown


def test_the_code_opens_exactly_that_window(
    console: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    response = confirm(console, url_of(fleet.meter, open_for="8", budget=3), outbox)
    location = json.loads(response.headers["HX-Location"])  # type: ignore[attr-defined]
    assert location["path"] == fleet.meter.get_absolute_url()
    window = limits_of(fleet.meter)
    assert window.budget == 3
    assert window.until is not None
    assert abs(window.until - datetime.now(UTC) - timedelta(hours=8)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "limits", [{"open_for": "always"}, {"open_for": "8", "budget": 4}, {"open_for": "24"}]
)
def test_a_code_for_one_window_opens_no_other(
    console: Client, fleet: Fleet, outbox: list[Message], limits: dict[str, object]
) -> None:
    console.post(url_of(fleet.meter, open_for="8"), {"action": "send"}, headers=CONFIRMATION)
    form = {"action": "confirm", "method": "sms", "code": code_in(outbox[-1])}
    answer = console.post(url_of(fleet.meter, **limits), form, headers=CONFIRMATION)
    assert answer.status_code == 422
    assert not Product.objects.get(pk=fleet.meter.pk).dynamic_registration


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"open_for": "until"}, "Choose the closing time"),
        ({"open_for": "until", "until": "2020-01-01T00:00:00Z"}, "has passed"),
        ({"open_for": "8", "budget": "0"}, "greater than or equal to 1"),
        ({"open_for": "8", "names": "[a"}, "A bracket in the pattern"),
        ({"open_for": "8", "networks": "192.0.2.9/24"}, "Did you mean 192.0.2.0/24?"),
        ({"open_for": "never"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(
    console: Client, fleet: Fleet, limits: dict[str, object], words: str
) -> None:
    response = console.get(url_of(fleet.meter, **limits), headers=DIALOG)
    assert response.status_code == 422
    shown = tree(response)
    assert words in text(shown)
    assert "Send code" not in text(shown)
    kept = {attribute(e, "name"): attribute(e, "value") for e in walk(shown) if e.name == "input"}
    assert all(
        kept[name] == value for name, value in limits.items() if name in kept and name != "until"
    )


def test_a_moment_that_passes_before_the_code_is_typed_opens_nothing(
    console: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=60)
    url = url_of(fleet.meter, open_for="until", until=soon.isoformat())
    console.post(url, {"action": "send"}, headers=CONFIRMATION)
    form = {"action": "confirm", "method": "sms", "code": code_in(outbox[-1])}
    with time_machine.travel(soon + timedelta(seconds=1), tick=False):
        answer = console.post(url, form, headers=CONFIRMATION)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#dialog-body"
    assert "This time has passed." in text(tree(answer))
    assert not Product.objects.get(pk=fleet.meter.pk).dynamic_registration


def test_a_window_is_changed_while_it_is_open(
    console: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    open_window(fleet.lamp, Window(budget=5, names="lamp-*"))
    issued_client_id(fleet.lamp, "lamp-0100")
    first = tree(console.get(url_of(fleet.lamp), headers=DIALOG))
    assert "Change the registration window" in text(first)
    assert attribute(by_id(first, "id_budget"), "value") == "5"
    assert attribute(by_id(first, "id_names"), "value") == "lamp-*"
    confirm(console, url_of(fleet.lamp, open_for="always", budget=9, names="lamp-*"), outbox)
    changed = Product.objects.get(pk=fleet.lamp.pk)
    assert (changed.registration_budget, changed.registration_used) == (9, 1)
    page = text(tree(console.get(fleet.lamp.get_absolute_url())))
    assert "Changed the registration window of Smart_Lamp." in page


def test_a_budget_below_what_is_used_is_refused_before_a_code_is_sent(
    console: Client, fleet: Fleet
) -> None:
    open_window(fleet.lamp, Window(budget=5))
    for number in range(2):
        issued_client_id(fleet.lamp, f"lamp-01{number:02}")
    response = console.get(url_of(fleet.lamp, open_for="always", budget=2), headers=DIALOG)
    assert response.status_code == 422
    assert "2 devices have already registered in this window" in text(tree(response))


def test_back_shows_what_was_chosen(console: Client, fleet: Fleet) -> None:
    url = url_of(fleet.meter, open_for="8", budget=3)
    dialog = tree(console.get(url, headers=DIALOG))
    links = [attribute(e, "href") or "" for e in walk(dialog) if e.name == "a"]
    back = next(link for link in links if "edit=1" in link)
    again = tree(console.get(back, headers=DIALOG))
    assert attribute(by_id(again, "id_budget"), "value") == "3"


def panel(console: Client, product: Product) -> str:
    return text(by_id(tree(console.get(product.get_absolute_url())), "live"))


def test_the_panel_shows_how_far_it_is_open(console: Client, fleet: Fleet) -> None:
    limits = {"names": "lamp-*", "networks": ("192.0.2.0/24",), "modes": "regnwl"}
    open_window(fleet.lamp, Window(hours=8, budget=10, **limits))  # type: ignore[arg-type]
    for number in range(8):
        issued_client_id(fleet.lamp, f"lamp-01{number:02}")
    shown = panel(console, fleet.lamp)
    for words in ("7 h 59 min left", "8 of 10 used (80 %)", "Nearly used up", "lamp-*"):
        assert words in shown
    assert "192.0.2.0/24" in shown
    assert "Preregistration-free only" in shown


def test_below_80_per_cent_the_panel_is_calm(console: Client, fleet: Fleet) -> None:
    open_window(fleet.lamp, Window(budget=10))
    for number in range(7):
        issued_client_id(fleet.lamp, f"lamp-01{number:02}")
    shown = panel(console, fleet.lamp)
    assert "7 of 10 used (70 %)" in shown
    assert "Nearly used up" not in shown


def test_the_panel_says_at_once_that_it_closed_by_itself(console: Client, fleet: Fleet) -> None:
    open_window(fleet.lamp, Window(budget=1))
    issued_client_id(fleet.lamp, "lamp-0100")
    shown = panel(console, fleet.lamp)
    assert "Closed automatically: its budget was used up." in shown
    page = tree(console.get(fleet.lamp.get_absolute_url()))
    assert attribute(by_id(page, "registration-switch"), "aria-checked") == "false"


def test_a_viewer_sees_the_window_and_no_way_to_change_it(viewing: Client, fleet: Fleet) -> None:
    open_window(fleet.lamp, Window(budget=10))
    shown = panel(viewing, fleet.lamp)
    assert "0 of 10 used" in shown
    assert "Change the window" not in shown
