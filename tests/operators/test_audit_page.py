"""The audit trail: newest first, paged by key, filtered by target, readable by everybody."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from operators.actor import SHELL
from operators.models import AuditEntry, Operator
from operators.operations import audit
from tests.operators.people import actor


def record(count: int, target: str = "product/a1") -> list[AuditEntry]:
    return [audit.record(SHELL, "product.edit", target, f"edit {n}") for n in range(count)]


def shown(client: Client, url: str = "/audit/", **headers: str) -> list[str]:
    response = client.get(url, headers=headers)
    assert response.status_code == 200
    return [entry.summary for entry in response.context["entries"]]


@pytest.mark.parametrize("reader", ["chen", "vik"])
def test_operators_and_viewers_read_it_newest_first(
    client: Client, request: pytest.FixtureRequest, reader: str
) -> None:
    client.force_login(request.getfixturevalue(reader))
    record(3)
    assert shown(client) == ["edit 2", "edit 1", "edit 0"]


def test_an_entry_shows_who_what_and_where(client: Client, chen: Operator) -> None:
    client.force_login(chen)
    audit.record(actor(chen), "device.switch", "device/a1/lamp", "kept <ClientID> 4f4a")
    page = client.get("/audit/").content.decode()
    for text in ("chen", "device.switch", "device/a1/lamp", "192.0.2.7", "kept &lt;ClientID&gt;"):
        assert text in page


def test_pages_follow_the_key_and_miss_nothing(client: Client, chen: Operator) -> None:
    client.force_login(chen)
    record(120)
    seen: list[str] = []
    url = "/audit/"
    while True:
        response = client.get(url)
        seen += [entry.summary for entry in response.context["entries"]]
        older = response.context["older"]
        if older is None:
            break
        assert f"upto={older}" in response.content.decode()
        url = f"/audit/?upto={older}"
    assert seen == [f"edit {n}" for n in range(119, -1, -1)]


def test_it_is_filtered_by_target_also_on_the_next_page(client: Client, chen: Operator) -> None:
    client.force_login(chen)
    record(60, "device/a1/x@y:z")
    record(60, "product/a1")
    url = "/audit/?target=device/a1/x%40y%3Az"
    response = client.get(url)
    assert {entry.target for entry in response.context["entries"]} == {"device/a1/x@y:z"}
    assert shown(client, f"{url}&upto={response.context['older']}") == [
        f"edit {n}" for n in range(9, -1, -1)
    ]


def test_an_entry_has_an_address_that_shows_it_first(client: Client, chen: Operator) -> None:
    client.force_login(chen)
    entry = record(3)[1]
    url = entry.get_absolute_url()
    assert shown(client, url)[0] == "edit 1"
    assert f'id="audit-{entry.pk}"' in client.get(url).content.decode()


@pytest.mark.parametrize("upto", ["", "x", "-1", "9" * 40, "1e3", "٣"])
def test_an_odd_address_shows_a_page(client: Client, chen: Operator, upto: str) -> None:
    client.force_login(chen)
    assert client.get("/audit/", {"upto": upto}).status_code == 200


def test_htmx_gets_the_list_only_and_the_same_list(client: Client, chen: Operator) -> None:
    client.force_login(chen)
    record(2)
    fragment = client.get("/audit/", headers={"HX-Request": "true"}).content.decode().strip()
    page = client.get("/audit/").content.decode()
    assert fragment.startswith('<div id="entries">')
    assert fragment in page
    assert "<html" not in fragment


def test_the_page_costs_the_same_queries_however_long_the_list(
    client: Client, chen: Operator, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(chen)
    record(2)
    for _ in range(60):
        audit.record(actor(chen), "product.edit", "product/a1", "edit")
    # session, operator, saved filters, entries with their operators
    with django_assert_num_queries(4):
        client.get("/audit/")


def test_an_empty_trail_says_what_it_is_for(client: Client, chen: Operator) -> None:
    client.force_login(chen)
    assert "is listed here" in client.get("/audit/").content.decode()
    assert "Nothing has been recorded for" in client.get("/audit/?target=x").content.decode()
