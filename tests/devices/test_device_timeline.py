"""The timeline of a device: its log entries and the actions on it, in order of time."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from devices.operations.manage import set_enabled
from operators.actor import SHELL
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.factories import connect_by_secret, issued_secret, make_device, make_product


@pytest.fixture
def url(console: Client) -> str:
    device = make_device(make_product(), "lamp@1:2")
    issued_secret(device.product, "lamp@1:2")
    connect_by_secret(device)
    set_enabled(SHELL, device.product.product_key, "lamp@1:2", enabled=False)
    connect_by_secret(device)
    make_device(device.product, "another")
    return device.get_absolute_url() + "timeline/"


def lines(console: Client, url: str) -> list[str]:
    page = by_id(tree(console.get(url)), "timeline")
    return [text(e.children[1]) for e in walk(page) if e.name == "li"]


def test_log_and_audit_trail_are_told_as_one_newest_first(console: Client, url: str) -> None:
    told = lines(console, url)
    beginnings = (
        "Device is disabled Device behaviour",
        "Disabled the device shell",
        "Online, activated Device behaviour",
        "Success Dynamic registration",
        "Added device lamp@1:2 shell",
    )
    assert len(told) == len(beginnings)
    for line, beginning in zip(told, beginnings, strict=True):
        assert line.startswith(beginning)


def test_pages_meet_without_gap_or_repetition(
    console: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = lines(console, url)
    monkeypatch.setattr("devices.views.TIMELINE_SIZE", 2)
    read: list[str] = []
    query = ""
    for _ in range(3):
        read += lines(console, url + query)
        page = tree(console.get(url + query))
        nexts = [attribute(e, "href") for e in walk(page) if attribute(e, "rel") == "next"]
        query = (nexts[0] or "") if nexts else "end"
    assert (read, query) == (whole, "end")


def test_older_ones_come_in_place(
    console: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.views.TIMELINE_SIZE", 2)
    page = tree(console.get(url))
    older = next(e for e in walk(page) if attribute(e, "rel") == "next")
    address = url + (attribute(older, "hx-get") or "")
    swap(page, tree(console.get(address, headers=htmx("timeline"))), "timeline")
    assert by_id(page, "timeline") == by_id(tree(console.get(address)), "timeline")


def test_every_line_leads_to_its_source(console: Client, url: str) -> None:
    page = by_id(tree(console.get(url)), "timeline")
    for link in [attribute(e, "href") or "" for e in walk(page) if e.name == "a"]:
        path, _, anchor = link.partition("#")
        assert by_id(tree(console.get(path)), anchor)


def test_nonsense_in_the_url_is_the_first_page(console: Client, url: str) -> None:
    assert lines(console, url + "?log=x&audit=-1") == lines(console, url)


def test_stays_within_its_queries(
    console: Client, url: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(10):
        console.get(url)
