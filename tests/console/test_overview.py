from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from devices.operations.manage import clear
from logs.operations.prune import prune_log
from logs.operations.tally import tally
from operators.actor import SHELL
from operators.models import Operator
from products.models import Product
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.logged import logged
from tests.console.seed import Fleet
from tests.factories import make_device, make_product


def test_shows_totals_refusals_clones_and_open_switches(console: Client, fleet: Fleet) -> None:
    page = tree(console.get("/"))
    live = text(by_id(page, "top")) + text(by_id(page, "live"))
    assert "2 Products 8 Devices 7 Activated 6 Online now" in live
    assert "Signature check failed 6600 1 1" in live
    assert "lamp-0007 Smart_Lamp" in live
    assert "Multiple ClientIDs lamp-0007 now" in live
    assert "Smart_Lamp 2 h ago by chen" in live
    assert "meter-0002@east.hall Water_Meter Inactive now" in live


def test_counts_refusals_of_the_last_day_and_week_by_reason(console: Client, fleet: Fleet) -> None:
    for _ in range(2):
        logged("bad_signature")
    logged("client_id_limit", at=timezone.now() - timedelta(hours=25))
    logged("connection_lost", operation="offline")
    live = by_id(tree(console.get("/")), "live")
    assert "Signature check failed 6600 3 3" in text(live)
    assert "Five ClientIDs are in use Limit 0 1" in text(live)
    assert "Connection lost" not in text(live)
    log = tree(console.get(attribute(by_id(live, "reason-bad_signature"), "href") or ""))
    assert text(by_id(log, "log-list")).count("6600") == 2 * 3  # once in the line, once opened


def test_says_so_when_there_is_nothing_to_look_at(console: Client, fleet: Fleet) -> None:
    clear(SHELL, fleet.lamp.product_key, "lamp-0007")
    Product.objects.update(dynamic_registration=False)
    live = text(by_id(tree(console.get("/")), "live"))
    assert "no DeviceName has more than one ClientID" in live
    assert "new devices are refused" in live


def test_a_live_look_is_what_a_fresh_page_shows(chen: Operator, fleet: Fleet) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        client = Client()
        client.force_login(chen)
        page = tree(client.get("/"))
        logged("already_activated")
        make_device(fleet.meter)
        for region in ("live", "charts"):
            answer = client.get("/", headers=htmx(region))
            assert b"<html" not in answer.content
            swap(page, tree(answer), region)
        assert by_id(page, "main") == by_id(tree(client.get("/")), "main")


def test_costs_the_same_however_much_there_is(
    console: Client, fleet: Fleet, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(15):
        make_product()
        logged("bad_signature")
    # session, operator, two totals, history, products, how far the tallies are behind, newest
    # devices and their sessions, findings, clones, open products, newest refusals, and where the
    # searches for the newest ones begin and end
    with django_assert_num_queries(17):
        console.get("/")


def test_a_chart_shows_each_hour_of_a_day_or_week_and_the_same_as_a_table(
    console: Client, fleet: Fleet
) -> None:
    logged("bad_signature", at=timezone.now() - timedelta(hours=30))
    day, week = tree(console.get("/")), tree(console.get("/?span=week"))
    for page, hours in ((day, 24), (week, 168)):
        assert sum(element.name == "g" for element in walk(by_id(page, "charts"))) == 2 * hours
    assert "Activations per hour 7" in text(by_id(day, "charts"))
    assert "Refusals per hour 2" in text(by_id(day, "charts"))
    assert "Refusals per hour 3" in text(by_id(week, "charts"))


def test_the_span_is_kept_by_live_looks(console: Client, fleet: Fleet) -> None:
    page = tree(console.get("/?span=week"))
    assert attribute(by_id(page, "charts"), "hx-get") == "/?span=week"
    answer = console.get("/?span=week", headers=htmx("charts"))
    assert b"<html" not in answer.content
    swap(page, tree(answer), "charts")
    assert by_id(page, "charts") == by_id(tree(console.get("/?span=week")), "charts")


def test_counting_the_log_changes_no_number(console: Client, fleet: Fleet) -> None:
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=False):
        before = tree(console.get("/"))
        assert tally(timezone.now())
        after = tree(console.get("/"))
    for region in ("live", "charts"):
        assert by_id(after, region) == by_id(before, region)


def test_numbers_outlive_the_log(console: Client, fleet: Fleet) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        prune_log(timezone.now())
        assert "Signature check failed 6600 1 1" in text(by_id(tree(console.get("/")), "live"))


def test_says_so_when_nobody_counts_the_log(
    console: Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "worker" not in text(by_id(tree(console.get("/")), "top"))
    monkeypatch.setattr("iotconsole.overview.MOST_UNCOUNTED", 3)
    assert "manage.py worker" in text(by_id(tree(console.get("/")), "top"))


def test_an_open_window_tells_what_is_used_and_until_when(console: Client, fleet: Fleet) -> None:
    end = timezone.now() + timedelta(hours=1)
    Product.objects.filter(pk=fleet.lamp.pk).update(
        registration_budget=1000, registration_used=850, registration_closes_at=end
    )
    live = text(by_id(tree(console.get("/")), "live"))
    told = f"Smart_Lamp 850 of 1,000 used until {end:%Y-%m-%d %H:%M:%S} 2 h ago by chen"
    assert told in live
    Product.objects.update(registration_used=1000)
    assert "new devices are refused" in text(by_id(tree(console.get("/")), "live"))
