from datetime import timedelta

import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from devices.operations.manage import clear
from operators.actor import SHELL
from operators.models import Operator
from products.models import Product
from tests.console.dom import attribute, by_id, swap, text, tree
from tests.console.fixtures import htmx
from tests.console.logged import logged
from tests.console.seed import Fleet
from tests.factories import make_device, make_product


def test_an_empty_console_says_how_it_begins(console: Client) -> None:
    main = text(by_id(tree(console.get("/")), "main"))
    assert "Create the first product" in main
    assert "host, port and CA" in main


def test_shows_totals_refusals_clones_and_open_switches(console: Client, fleet: Fleet) -> None:
    live = text(by_id(tree(console.get("/")), "live"))
    assert "2 Products 8 Devices 7 Activated 6 Online now" in live
    assert "Signature check failed 6600 1" in live
    assert "lamp-0007 Smart_Lamp" in live
    assert "Smart_Lamp 2 h ago by chen" in live


def test_counts_refusals_of_the_last_day_by_reason(console: Client, fleet: Fleet) -> None:
    for _ in range(2):
        logged("bad_signature")
    logged("client_id_limit", at=timezone.now() - timedelta(hours=25))
    logged("connection_lost", operation="offline")
    live = by_id(tree(console.get("/")), "live")
    assert "Signature check failed 6600 3" in text(live)
    assert "Five ClientIDs" not in text(live)
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
        answer = client.get("/", headers=htmx("live"))
        assert b"<html" not in answer.content
        swap(page, tree(answer), "live")
        assert by_id(page, "main") == by_id(tree(client.get("/")), "main")


def test_costs_the_same_however_much_there_is(
    console: Client, fleet: Fleet, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(15):
        make_product()
        logged("bad_signature")
    # session, operator, two totals, refusals, clones, open products, products
    with django_assert_num_queries(8):
        console.get("/")
