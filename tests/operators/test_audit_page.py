"""The audit trail: newest first, paged by key, filtered, readable by everybody, and as a file."""

import csv
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from operators.actor import SHELL
from operators.models import AuditEntry, Operator
from operators.operations import audit
from tests.console.dom import attribute, by_id, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.operators.people import actor


def record(count: int, target: str = "product/a1") -> list[AuditEntry]:
    return [audit.record(SHELL, "product.edit", target, f"edit {n}") for n in range(count)]


def shown(client: Client, url: str = "/audit/") -> list[str]:
    response = client.get(url)
    assert response.status_code == 200
    return [entry.text for entry in response.context["page"].rows]


@pytest.fixture
def reader(client: Client, chen: Operator) -> Client:
    client.force_login(chen)
    return client


@pytest.mark.parametrize("who", ["chen", "vik"])
def test_operators_and_viewers_read_it_newest_first(
    client: Client, request: pytest.FixtureRequest, who: str
) -> None:
    client.force_login(request.getfixturevalue(who))
    record(3)
    assert shown(client) == ["edit 2", "edit 1", "edit 0"]


def test_an_entry_shows_who_what_and_where(reader: Client, chen: Operator) -> None:
    audit.record(actor(chen), "device.switch", "device/a1/lamp", "kept <ClientID> 4f4a")
    page = reader.get("/audit/").content.decode()
    for text in ("chen", "device.switch", "device/a1/lamp", "192.0.2.7", "kept &lt;ClientID&gt;"):
        assert text in page


def test_pages_follow_the_key_and_miss_nothing(reader: Client) -> None:
    record(120)
    seen: list[str] = []
    url = "/audit/"
    while url:
        response = reader.get(url)
        page = response.context["page"]
        seen += [entry.text for entry in page.rows]
        url = f"/audit/?before={page.older}" if page.older else ""
    assert seen == [f"edit {n}" for n in range(119, -1, -1)]


def test_the_trail_of_one_object_is_of_exactly_that_one(reader: Client) -> None:
    record(60, "device/a1/x@y:z")
    record(2, "device/a1/x@y:z2")
    url = "/audit/?object=device/a1/x%40y%3Az"
    response = reader.get(url)
    page = response.context["page"]
    assert {entry.target for entry in page.rows} == {"device/a1/x@y:z"}
    assert shown(reader, f"{url}&before={page.older}") == [f"edit {n}" for n in range(9, -1, -1)]


def test_it_is_filtered_by_who_act_target_and_origin(reader: Client, chen: Operator) -> None:
    audit.record(SHELL, "product.edit", "product/a1", "one")
    audit.record(actor(chen), "device.add", "device/a1/lamp", "two")
    audit.record(actor(chen), "device.delete", "device/b2/lamp", "three")
    assert shown(reader, "/audit/?who=chen") == ["three", "two"]
    assert shown(reader, "/audit/?act=device.") == ["three", "two"]
    assert shown(reader, "/audit/?act=device.add") == ["two"]
    assert shown(reader, "/audit/?target=device/a1/") == ["two"]
    assert shown(reader, "/audit/?origin=shell") == ["one"]
    assert shown(reader, "/audit/?origin=nonsense") == []


def test_it_is_filtered_by_time(reader: Client) -> None:
    for hour in (8, 9, 10):
        with time_machine.travel(datetime(2026, 11, 1, hour, tzinfo=UTC)):
            audit.record(SHELL, "x", "y", f"at {hour}")
    since, until = "2026-11-01T08:30:00Z", "2026-11-01T09:30:00Z"
    assert shown(reader, f"/audit/?since={since}&until={until}") == ["at 9"]


def test_an_entry_has_an_address_that_shows_it_first(reader: Client) -> None:
    entry = record(3)[1]
    url = entry.get_absolute_url()
    assert shown(reader, url)[0] == "edit 1"
    assert f'id="audit-{entry.pk}"' in reader.get(url).content.decode()


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 40, "1e3", "٣"])
def test_an_odd_address_shows_a_page(reader: Client, before: str) -> None:
    assert reader.get("/audit/", {"before": before}).status_code == 200


def test_htmx_gets_the_list_only_and_the_same_list(reader: Client) -> None:
    record(2)
    fragment = tree(reader.get("/audit/", headers=htmx("audit-list")))
    page = tree(reader.get("/audit/"))
    assert not [each for each in walk(fragment) if each.name == "main"]
    assert by_id(fragment, "audit-list") == by_id(page, "audit-list")


def test_the_page_costs_the_same_queries_however_long_the_list(
    reader: Client, chen: Operator, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    record(2)
    for _ in range(60):
        audit.record(actor(chen), "product.edit", "product/a1", "edit")
    # Session, operator, saved filters, entries with their operators.
    with django_assert_num_queries(4):
        reader.get("/audit/")


def test_an_empty_trail_says_what_it_is_for(reader: Client) -> None:
    assert "is listed here" in reader.get("/audit/").content.decode()
    assert "No audit entry matches" in reader.get("/audit/?target=x").content.decode()


def test_every_details_page_leads_to_its_own_trail(console: Client, fleet: Fleet) -> None:
    for thing in (fleet.lamp, fleet.cloned):
        audit.record(SHELL, "x", thing.target, "touched")
        page = tree(console.get(thing.get_absolute_url()))
        links = [attribute(each, "href") or "" for each in walk(page) if each.name == "a"]
        (own,) = [link for link in links if link.startswith("/audit/?")]
        trail = console.get(own).context["page"].rows
        assert trail[0].text == "touched"
        assert {entry.target for entry in trail} == {thing.target}


def downloaded(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.post(f"/audit/export/{query}")
    assert response.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(text.splitlines()))


def test_the_file_holds_what_the_filters_leave(reader: Client) -> None:
    record(3)
    record(2, "product/b2")
    rows = downloaded(reader, "?object=product/b2")
    assert [row["What"] for row in rows] == ["edit 1", "edit 0"]
    entry = AuditEntry.objects.get(number=int(rows[0]["Number"]))
    assert rows[0]["Hash"] == entry.hash
    assert rows[0]["Time (UTC)"] == entry.at.isoformat(timespec="milliseconds")


def test_a_cell_is_no_formula(reader: Client) -> None:
    audit.record(SHELL, "x", "y", "=HYPERLINK(1)")
    assert downloaded(reader)[0]["What"] == "'=HYPERLINK(1)"


def test_taking_the_file_is_audited(reader: Client, chen: Operator) -> None:
    downloaded(reader, "?act=device.")
    entry = AuditEntry.objects.get(act="audit.export")
    assert (entry.operator, entry.facts) == (chen, {"filters": "act=device."})


def test_reading_a_page_writes_nothing(reader: Client) -> None:
    assert reader.get("/audit/export/").status_code == 405
    reader.get("/audit/")
    assert not AuditEntry.objects.exists()
