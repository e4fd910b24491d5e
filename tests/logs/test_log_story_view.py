"""One trace from its beginning, with the time between its entries."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from logs.models import LogEntry
from logs.trace_ids import trace_of
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.logged import logged
from tests.factories import connect_by_token, issued_client_id, make_product

TRACE = "00112233aabbccdd"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def main(console: Client, query: str = "") -> str:
    return text(by_id(tree(console.get(f"/logs/trace/{TRACE}/{query}")), "main"))


def test_tells_a_credentials_story_from_registration_on(console: Client) -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    connect_by_token(product, "lamp-0001", issued)
    issued_client_id(product, "lamp-0001")
    page = tree(console.get(f"/logs/trace/{trace_of(issued.client_id)}/"))
    rows = [text(e) for e in walk(by_id(page, "main")) if e.name == "summary"]
    assert len(rows) == 2
    assert "Dynamic registration Register (regnwl)" in rows[0]
    assert "Device behaviour Connect" in rows[1]
    head = text(by_id(page, "main"))
    assert f"ClientID {issued.client_id}" in head


@pytest.mark.parametrize(
    ("apart", "words"),
    [
        (timedelta(minutes=3), "3 min later"),
        (timedelta(hours=5), "5 h later"),
        (timedelta(days=40), "40 d later"),
    ],
)
def test_a_gap_is_told_in_words(console: Client, apart: timedelta, words: str) -> None:
    logged(at=NOON, trace_id=TRACE)
    logged(at=NOON + apart, trace_id=TRACE)
    assert words in main(console)


def test_what_follows_at_once_has_no_gap(console: Client) -> None:
    logged(at=NOON, trace_id=TRACE)
    logged(at=NOON + timedelta(seconds=59), trace_id=TRACE)
    assert " later" not in main(console)


def test_a_long_story_goes_on_where_the_page_ended(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logs.views.STORY_SIZE", 2)
    keys = [logged(at=NOON + timedelta(hours=n), trace_id=TRACE).pk for n in range(5)]
    seen: list[int] = []
    query = ""
    for _ in range(3):
        page = tree(console.get(f"/logs/trace/{TRACE}/{query}"))
        rows = [e for e in walk(by_id(page, "main")) if e.name == "details"]
        seen += [int((attribute(e, "id") or "")[4:]) for e in rows]
        assert text(by_id(page, "main")).count("1 h later") == len(rows) - (not query)
        links = [e for e in walk(page) if attribute(e, "rel") == "next"]
        query = (attribute(links[0], "href") or "") if links else "end"
    assert (seen, query) == (keys, "end")


def test_an_unknown_trace_says_so(console: Client) -> None:
    assert "Nothing is logged under this trace" in main(console)


def test_an_attempt_that_proved_nothing_stands_alone(console: Client) -> None:
    logged("bad_signature", connection_id=TRACE, device_name="lamp-0001")
    assert LogEntry.objects.get().trace_id == TRACE
    assert "all entries of this connection" in main(console)


def test_costs_the_same_however_long(
    console: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(30):
        logged(trace_id=TRACE)
    # session, operator, entries
    with django_assert_num_queries(3):
        console.get(f"/logs/trace/{TRACE}/")


@pytest.mark.parametrize(
    ("trace", "offered"), [("", False), ("a/b", False), (TRACE, True), ("<b>", True)]
)
def test_a_list_filtered_by_trace_offers_its_story(
    console: Client, trace: str, offered: bool
) -> None:
    logged(trace_id=trace)
    page = tree(console.get("/logs/", {"trace": trace}))
    assert ("from its beginning" in text(page)) is offered
