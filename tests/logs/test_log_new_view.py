"""The chip that says how much is new, while the rows one reads stay where they are."""

from datetime import timedelta

import pytest
from django.test import Client
from django.test.html import Element
from django.utils import timezone

from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.logged import logged


def poll_url(page: Element) -> str:
    return attribute(by_id(page, "log-new"), "hx-get") or ""


def test_counts_what_came_since_and_moves_nothing(console: Client) -> None:
    logged(device_name="lamp-1")
    page = tree(console.get("/logs/"))
    before = str(page)
    for _ in range(3):
        logged(device_name="lamp-2")
    swap(page, tree(console.get(poll_url(page))), "log-new")
    assert text(by_id(page, "log-new")) == "3 new"
    swap(page, tree(console.get("/logs/")), "log-new")
    assert str(page).count("lamp-2") == before.count("lamp-2")


def test_goes_on_counting_from_the_same_entry(console: Client) -> None:
    logged()
    page = tree(console.get("/logs/"))
    for expected in ("1 new", "2 new"):
        logged()
        swap(page, tree(console.get(poll_url(page))), "log-new")
        assert text(by_id(page, "log-new")) == expected


def test_says_nothing_while_nothing_is_new(console: Client) -> None:
    logged()
    page = tree(console.get("/logs/"))
    swap(page, tree(console.get(poll_url(page))), "log-new")
    assert text(by_id(page, "log-new")) == ""
    assert by_id(page, "main") == by_id(tree(console.get("/logs/")), "main")


def test_counts_only_what_fits_the_filters(console: Client) -> None:
    page = tree(console.get("/logs/?device=lamp-1"))
    logged(device_name="lamp-1")
    logged(device_name="lamp-2")
    assert text(tree(console.get(poll_url(page)))) == "1 new"


def test_a_click_brings_them_with_the_same_filters(console: Client) -> None:
    page = tree(console.get("/logs/?device=lamp-1"))
    key = logged(device_name="lamp-1").pk
    answer = tree(console.get(poll_url(page)))
    link = next(attribute(e, "href") for e in walk(answer) if e.name == "a") or ""
    assert link == "/logs/?device=lamp-1"
    swap(page, tree(console.get(link, headers=htmx("log-list"))), "log-list")
    assert by_id(page, f"log-{key}")
    assert text(by_id(page, "log-new")) == ""


def test_does_not_count_a_whole_log(console: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logs.views.MOST_NEW", 3)
    for _ in range(5):
        logged()
    assert text(tree(console.get("/logs/new/?seen=0"))) == "3+ new"


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 40])
def test_nonsense_in_the_url_counts_from_the_beginning(console: Client, seen: str) -> None:
    logged()
    assert text(tree(console.get(f"/logs/new/?seen={seen}"))) == "1 new"


def tailed(console: Client, seen: int, query: str = "") -> list[str]:
    """Ids of the rows that a live tail brings."""
    answer = tree(console.get(f"/logs/new/?seen={seen}&tail=on{query}"))
    return [attribute(e, "id") or "" for e in walk(answer) if e.name == "details"]


def test_a_live_tail_brings_the_rows_themselves(console: Client) -> None:
    old = timezone.now() - timedelta(minutes=1)
    seen = logged(at=old).pk
    keys = [logged(device_name=f"lamp-{n}").pk for n in range(3)]
    assert tailed(console, seen) == [f"log-{key}" for key in reversed(keys)]
    assert tailed(console, seen, "&device=lamp-1") == [f"log-{keys[1]}"]
    assert tailed(console, 0, "&device=nobody") == []


def test_a_live_tail_goes_on_behind_what_it_brought(console: Client) -> None:
    key = logged().pk
    answer = tree(console.get("/logs/new/?seen=0&tail=on"))
    assert f"seen={key}" in (attribute(by_id(answer, "log-new"), "hx-get") or "")


def test_what_was_written_late_comes_late(console: Client) -> None:
    """The transaction with the lower keys may commit last."""
    late, seen = logged().pk, logged(at=timezone.now() - timedelta(minutes=1)).pk
    assert tailed(console, seen) == [f"log-{late}"]


def test_a_live_tail_leaves_a_flood_behind_the_chip(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logs.views.MOST_NEW", 3)
    for _ in range(5):
        logged()
    assert tailed(console, 0) == []
    assert text(tree(console.get("/logs/new/?seen=0&tail=on"))) == "3+ new"
