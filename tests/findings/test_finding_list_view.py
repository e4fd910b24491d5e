"""The list of findings, and the number beside its name."""

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from findings.evidence import Evidence
from findings.models import Finding, FindingKind
from findings.operations import Sign, dismiss, observe
from operators.actor import SHELL
from products.models import Product
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet


def burst(product: Product) -> Finding:
    evidence = Evidence((), {"registrations": 500, "usual": 3}, ("hour",))
    with transaction.atomic():
        return observe(Sign(FindingKind.BURST, product, timezone.now(), evidence))


def listed(client: Client, query: str = "") -> str:
    return text(by_id(tree(client.get(f"/findings/{query}")), "finding-list"))


def test_lists_what_was_found_where_and_when(console: Client, fleet: Fleet) -> None:
    burst(fleet.meter)
    told = listed(console)
    assert "Multiple ClientIDs 4 ClientIDs under one DeviceName lamp-0007 Smart_Lamp" in told
    assert "500 registrations in an hour (3 in the busiest hour of the week before)" in told


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("", {"Multiple ClientIDs"}),
        ("?state=dismissed", {"Registration burst"}),
        ("?state=resolved", set()),
        ("?state=all", {"Multiple ClientIDs", "Registration burst"}),
        ("?state=all&kind=burst", {"Registration burst"}),
        ("?product={meter}", set()),
        ("?state=all&product={meter}", {"Registration burst"}),
        ("?state=nonsense", set()),
    ],
)
def test_filters_stand_in_the_url(
    console: Client, fleet: Fleet, query: str, kinds: set[str]
) -> None:
    dismiss(SHELL, burst(fleet.meter).pk, "Production run")
    told = listed(console, query.format(meter=fleet.meter.product_key))
    assert {kind for kind in ("Multiple ClientIDs", "Registration burst") if kind in told} == kinds


def test_a_dismissed_one_says_why(console: Client, fleet: Fleet) -> None:
    dismiss(SHELL, burst(fleet.meter).pk, "Production run of May")
    assert "Production run of May" in listed(console, "?state=dismissed")


def test_an_empty_list_is_good_news_and_says_what_would_be_here(console: Client) -> None:
    assert "No open findings" in listed(console)


def test_htmx_gets_the_list_alone_and_it_is_what_a_fresh_page_shows(
    console: Client, fleet: Fleet
) -> None:
    page = tree(console.get("/findings/"))
    answer = console.get("/findings/?state=all", headers=htmx("finding-list"))
    assert b"<html" not in answer.content
    swap(page, tree(answer), "finding-list")
    fresh = tree(console.get("/findings/?state=all"))
    assert by_id(page, "finding-list") == by_id(fresh, "finding-list")


def test_pages_by_key(console: Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("findings.views.PAGE_SIZE", 1)
    burst(fleet.meter)
    first = tree(console.get("/findings/"))
    assert "Registration burst" in text(by_id(first, "finding-list"))
    older = next(e for e in walk(first) if attribute(e, "rel") == "next")
    assert "Multiple ClientIDs" in listed(console, attribute(older, "href") or "")


def test_the_navigation_counts_the_open_ones(console: Client, fleet: Fleet) -> None:
    badge = by_id(tree(console.get("/")), "findings-open")
    url = attribute(badge, "hx-get") or ""
    assert text(tree(console.get(url))) == "1 open"
    dismiss(SHELL, Finding.objects.get().pk, "Known")
    assert text(tree(console.get(url))) == ""


def test_costs_the_same_however_many_there_are(
    console: Client, fleet: Fleet, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    burst(fleet.meter)
    burst(fleet.lamp)
    # session, operator, saved filters, products of the filter, findings
    with django_assert_num_queries(5):
        console.get("/findings/")
