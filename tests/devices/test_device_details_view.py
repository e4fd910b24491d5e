import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from devices.models import ClientBinding, Session
from devices.operations.manage import clear, set_enabled, switch
from operators.actor import SHELL
from operators.models import Operator
from tests.console.dom import attribute, by_id, swap, text, tree
from tests.console.fixtures import htmx
from tests.console.seed import Fleet


def main(client: Client, url: str) -> str:
    return text(by_id(tree(client.get(url)), "main"))


def current_client_id(fleet: Fleet) -> str:
    return Session.objects.get(device=fleet.cloned, ended_at__isnull=True).client_id


def test_shows_the_device_and_hides_its_secret(console: Client, fleet: Fleet) -> None:
    response = console.get(fleet.plain.get_absolute_url())
    shown = text(by_id(tree(response), "main"))
    for fact in ("meter-A4:CF:12", "Online", "Water_Meter", fleet.plain.iot_id, "192.0.2.8"):
        assert fact in shown
    assert "sdk-c-4.2.0" in shown
    assert fleet.plain.device_secret not in response.content.decode()


def test_no_client_id_row_for_a_device_that_connects_with_its_secret(
    console: Client, fleet: Fleet
) -> None:
    assert "ClientID" not in main(console, fleet.plain.get_absolute_url())


def test_shows_the_client_id_of_the_current_connection_with_switch_and_clear(
    console: Client, fleet: Fleet
) -> None:
    live = by_id(tree(console.get(fleet.cloned.get_absolute_url())), "live")
    words = f"ClientID (current connection) {current_client_id(fleet)} Switch Clear"
    assert words in text(live)
    assert "Security-compromised 4 ClientIDs" in text(live)


def test_says_so_when_registration_is_refused_and_offers_to_allow_it(
    console: Client, fleet: Fleet
) -> None:
    url, words = fleet.cloned.get_absolute_url(), "Allow registration again"
    assert words not in main(console, url)
    switch(SHELL, fleet.lamp.product_key, fleet.cloned.device_name, current_client_id(fleet))
    shown = main(console, url)
    assert words in shown
    assert "Security-compromised" not in shown


def test_says_so_when_the_secret_is_blocked(console: Client, fleet: Fleet) -> None:
    clear(SHELL, fleet.meter.product_key, fleet.plain.device_name)
    assert "The DeviceSecret has been blocked" in main(console, fleet.plain.get_absolute_url())


def test_after_clear_there_is_nothing_to_switch(console: Client, fleet: Fleet) -> None:
    clear(SHELL, fleet.lamp.product_key, fleet.cloned.device_name)
    live = text(by_id(tree(console.get(fleet.cloned.get_absolute_url())), "live"))
    assert "none issued" in live
    assert "Switch" not in live.replace("since Switch or Clear", "")


def test_a_disabled_device_can_be_enabled(console: Client, fleet: Fleet) -> None:
    url = fleet.plain.get_absolute_url()
    assert attribute(by_id(tree(console.get(url)), "disable"), "href") == f"{url}disable/"
    set_enabled(SHELL, fleet.meter.product_key, fleet.plain.device_name, enabled=False)
    page = tree(console.get(url))
    assert "Disabled" in text(by_id(page, "device-head"))
    assert attribute(by_id(page, "disable"), "href") == f"{url}enable/"


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("", "Created At"),
        ("log/", "Dynamic registration"),
        ("topics/", "/lamp-0007/#"),
        ("mqtt/", "signed with hmacsha256"),
    ],
)
def test_the_url_names_the_tab(console: Client, fleet: Fleet, tab: str, words: str) -> None:
    assert words in main(console, fleet.cloned.get_absolute_url() + tab)


def test_the_log_tab_shows_this_device_only(console: Client, fleet: Fleet) -> None:
    shown = main(console, fleet.cloned.get_absolute_url() + "log/")
    assert "lamp-0007" in shown
    assert "lamp-0001" not in shown


def test_a_live_look_is_what_a_fresh_page_shows(chen: Operator, fleet: Fleet) -> None:
    url = fleet.cloned.get_absolute_url()
    with time_machine.travel(timezone.now(), tick=False):
        client = Client()
        client.force_login(chen)
        page = tree(client.get(url))
        Session.objects.filter(device=fleet.cloned).update(ended_at=timezone.now())
        ClientBinding.objects.filter(device=fleet.cloned).update(voided_at=timezone.now())
        answer = client.get(url, headers=htmx("live"))
        assert b"<html" not in answer.content
        swap(page, tree(answer), "live")
        fresh = tree(client.get(url))
    assert "Offline" in text(by_id(fresh, "device-head"))
    assert by_id(page, "main") == by_id(fresh, "main")


@pytest.mark.parametrize(("tab", "most"), [("", 7), ("log/", 8), ("topics/", 7), ("mqtt/", 7)])
def test_stays_within_its_queries(
    console: Client,
    fleet: Fleet,
    tab: str,
    most: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(most):
        console.get(fleet.cloned.get_absolute_url() + tab)
