"""Live states: they are swapped into the rows that show them, and move nothing."""

import pytest
import time_machine
from django.test import Client
from django.test.html import Element
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from devices.models import Device, Session
from devices.operations.manage import delete_device, set_enabled
from operators.actor import SHELL
from operators.models import Operator
from tests.console.dom import attribute, by_id, swap, text, tree
from tests.console.seed import Fleet
from tests.factories import connect_by_secret


def poll_url(page: Element) -> str:
    return attribute(by_id(page, "device-states"), "hx-get") or ""


def test_a_look_makes_the_list_what_a_fresh_page_shows(chen: Operator, fleet: Fleet) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        client = Client()
        client.force_login(chen)
        page = tree(client.get("/devices/?name=meter"))
        Session.objects.filter(device=fleet.plain).update(ended_at=timezone.now())
        connect_by_secret(Device.objects.get(device_name="meter-0002@east.hall"))
        swap(page, tree(client.get(poll_url(page))), "")
        fresh = tree(client.get("/devices/?name=meter"))
    assert text(by_id(fresh, "totals")) == "8 Total 8 Activated 6 Online"
    assert by_id(page, "main") == by_id(fresh, "main")


def test_a_row_that_left_the_filter_stays_in_place_with_its_new_state(
    console: Client, fleet: Fleet
) -> None:
    page = tree(console.get("/devices/?state=online"))
    set_enabled(SHELL, fleet.meter.product_key, fleet.plain.device_name, enabled=False)
    swap(page, tree(console.get(poll_url(page))), "")
    assert text(by_id(page, f"state-{fleet.plain.pk}")) == "Disabled"


def test_a_deleted_device_is_left_out(console: Client, fleet: Fleet) -> None:
    page = tree(console.get("/devices/"))
    delete_device(SHELL, fleet.meter.product_key, fleet.plain.device_name)
    answer = tree(console.get(poll_url(page)))
    swap(page, answer, "")
    assert f"state-{fleet.plain.pk}" not in str(answer)


def test_totals_in_a_look_link_to_the_list_without_the_ids(console: Client, fleet: Fleet) -> None:
    page = tree(console.get("/devices/?name=lamp"))
    answer = tree(console.get(poll_url(page)))
    link = attribute(by_id(answer, "total-online"), "href") or ""
    assert "name=lamp" in link
    assert "id=" not in link


@pytest.mark.parametrize("query", ["", "?id=", "?id=x&id=-1&id=" + "9" * 30, "?id=0"])
def test_nonsense_in_the_url_is_ignored(console: Client, fleet: Fleet, query: str) -> None:
    assert console.get(f"/devices/states/{query}").status_code == 200


def test_costs_the_same_however_many_rows(
    console: Client, fleet: Fleet, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = poll_url(tree(console.get("/devices/")))
    # session, operator, devices with state, sessions, two totals
    with django_assert_num_queries(6):
        console.get(url)
