import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from devices.models import Device
from devices.operations.manage import clear
from operators.actor import SHELL
from products.models import Product
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.factories import connect_by_token, issued_client_id, make_device

BANNER = (
    "The devices of the current product have multiple ClientIDs. "
    "You can retain one physical device or clear all physical devices."
)


def test_shows_the_product_and_hides_its_secret(console: Client, fleet: Fleet) -> None:
    response = console.get(fleet.lamp.get_absolute_url())
    main = text(by_id(tree(response), "main"))
    for shown in ("Smart_Lamp", fleet.lamp.product_key, "In development", "Wi-Fi", "••••"):
        assert shown in main
    assert fleet.lamp.product_secret not in response.content.decode()


def test_the_menu_leads_to_what_helps_when_the_secret_has_leaked(
    console: Client, fleet: Fleet
) -> None:
    main = by_id(tree(console.get(fleet.lamp.get_absolute_url())), "main")
    items = [e for e in walk(main) if "dropdown-item" in (attribute(e, "class") or "")]
    links = {text(e): attribute(e, "href") for e in items}
    assert links["Secret leaked?"] == f"{fleet.lamp.get_absolute_url()}secret-leaked/"


@pytest.mark.parametrize("tab", ["", "devices/", "topics/", "connect/"])
def test_the_url_names_the_tab(console: Client, fleet: Fleet, tab: str) -> None:
    url = fleet.lamp.get_absolute_url() + tab
    main = by_id(tree(console.get(url)), "main")
    current = [e for e in walk(main) if attribute(e, "aria-current") == "page" and e.name == "a"]
    assert [attribute(e, "href") for e in current] == [url]


def test_counts_lead_to_the_devices_they_count(console: Client, fleet: Fleet) -> None:
    live = by_id(tree(console.get(fleet.lamp.get_absolute_url())), "live")
    for key, count in (("devices-all", 6), ("devices-activated", 6), ("devices-online", 5)):
        link = by_id(live, key)
        assert text(link) == str(count)
        listed = by_id(tree(console.get(attribute(link, "href") or "")), "device-list")
        rows = [e for e in walk(listed) if (attribute(e, "id") or "").startswith("state-")]
        assert len(rows) == count


def test_the_banner_leads_to_the_security_compromised_devices(
    console: Client, fleet: Fleet
) -> None:
    live = by_id(tree(console.get(fleet.lamp.get_absolute_url())), "live")
    assert BANNER in text(live)
    view = by_id(live, "compromised-view")
    listed = text(by_id(tree(console.get(attribute(view, "href") or "")), "device-list"))
    assert "lamp-0007" in listed
    assert "lamp-0001" not in listed


def test_no_banner_for_a_product_without_clones(console: Client, fleet: Fleet) -> None:
    assert BANNER not in text(tree(console.get(fleet.meter.get_absolute_url())))


def test_the_banner_goes_when_the_clones_are_cleared(console: Client, fleet: Fleet) -> None:
    clear(SHELL, fleet.lamp.product_key, "lamp-0007")
    assert BANNER not in text(tree(console.get(fleet.lamp.get_absolute_url())))


def test_says_who_turned_the_switch_and_what_happened_today(console: Client, fleet: Fleet) -> None:
    live = by_id(tree(console.get(fleet.lamp.get_absolute_url())), "live")
    assert "Turned on 2 h ago by chen" in text(live)
    assert "6 activated today · 2 refused ( why? )" in text(live)


def test_why_leads_to_the_refusals_of_this_product(console: Client, fleet: Fleet) -> None:
    live = by_id(tree(console.get(fleet.lamp.get_absolute_url())), "live")
    log = console.get(attribute(by_id(live, "refused-why"), "href") or "")
    shown = text(by_id(tree(log), "log-list"))
    assert "Signature check failed" in shown
    assert "Dynamic Registration is off" in shown
    assert "Success" not in shown


def test_a_live_look_is_what_a_fresh_page_shows(console: Client, fleet: Fleet) -> None:
    url = fleet.meter.get_absolute_url()
    Product.objects.filter(pk=fleet.meter.pk).update(dynamic_registration=True)
    fleet.meter.refresh_from_db()
    with time_machine.travel(1_800_000_000, tick=False):
        console.force_login(fleet.lamp.dynamic_registration_changed_by)  # type: ignore[arg-type]
        page = tree(console.get(url))
        for _ in range(2):
            connect_by_token(fleet.meter, "meter-0009", issued_client_id(fleet.meter, "meter-0009"))
        answer = console.get(url, headers=htmx("live"))
        assert b"<html" not in answer.content
        swap(page, tree(answer), "live")
        fresh = tree(console.get(url))
    assert BANNER in text(fresh)
    assert by_id(page, "main") == by_id(fresh, "main")


def test_the_devices_tab_shows_the_newest(console: Client, fleet: Fleet) -> None:
    main = text(by_id(tree(console.get(fleet.meter.get_absolute_url() + "devices/")), "main"))
    assert "meter-A4:CF:12" in main
    assert "meter-0002@east.hall" in main


def test_the_devices_tab_of_a_new_product_offers_the_first(console: Client, fleet: Fleet) -> None:
    Device.objects.filter(product=fleet.meter).delete()
    main = text(by_id(tree(console.get(fleet.meter.get_absolute_url() + "devices/")), "main"))
    assert "This product has no devices yet." in main


def test_topics_name_this_product(console: Client, fleet: Fleet) -> None:
    main = text(by_id(tree(console.get(fleet.lamp.get_absolute_url() + "topics/")), "main"))
    assert f"/sys/{fleet.lamp.product_key}/${{DeviceName}}/#" in main


@pytest.mark.parametrize(("tab", "most"), [("", 9), ("devices/", 11), ("connect/", 11)])
def test_costs_the_same_however_many_devices(
    console: Client,
    fleet: Fleet,
    tab: str,
    most: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(15):
        make_device(fleet.lamp, f"extra-{number:04}")
    with django_assert_max_num_queries(most):
        console.get(fleet.lamp.get_absolute_url() + tab)
