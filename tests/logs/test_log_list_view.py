from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.test.html import Element
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from logs.models import LogEntry, ServiceType
from logs.reasons import REASONS
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.logged import logged


def shown(browser: Client, /, **filters: str) -> list[int]:
    """Keys of the entries a page shows, in its order."""
    page = tree(browser.get(f"/logs/?{urlencode(filters)}"))
    return [int(attribute(e, "id")[4:]) for e in rows(page)]  # type: ignore[index]


def rows(page: Element) -> list[Element]:
    listed = by_id(page, "log-list")
    return [e for e in walk(listed) if e.name == "details"]


def test_shows_the_newest_first(console: Client) -> None:
    keys = [logged(device_name=f"lamp-{n}").pk for n in range(3)]
    assert shown(console) == keys[::-1]


def test_one_line_tells_time_device_type_operation_and_result(console: Client) -> None:
    at = datetime(2026, 11, 23, 9, 30, 5, tzinfo=UTC)
    logged("bad_signature", at=at, device_name="lamp-1")
    summary = next(e for e in walk(rows(tree(console.get("/logs/")))[0]) if e.name == "summary")
    assert text(summary) == (
        "2026-11-23 09:30:05 lamp-1 Dynamic registration Register (regnwl) "
        "Signature check failed 6600"
    )


@pytest.mark.parametrize("key", REASONS)
def test_a_row_opens_to_the_explanation_and_the_next_step(console: Client, key: str) -> None:
    logged(key, device_name="lamp-1")
    opened = text(rows(tree(console.get("/logs/")))[0])
    reason = REASONS[key]
    assert " ".join(f"{reason.explanation} {reason.next_step}".split()) in opened


def test_a_row_leads_to_the_device_the_client_id_and_the_trace(console: Client) -> None:
    logged(
        product_key="a1FCrJmPpk1",
        device_name="lamp@1:2.3",
        client_id="K19uYV000100",
        trace_id="00112233aabbccdd",
        address="192.0.2.7",
        detail={"mode": "regnwl", "sdk": "sdk-c-4.2.0"},
    )
    row = rows(tree(console.get("/logs/")))[0]
    links = {attribute(e, "href") for e in walk(row) if e.name == "a"}
    assert links == {
        "/devices/a1FCrJmPpk1/lamp@1:2.3/",
        "/logs/?client=K19uYV000100",
        "/logs/trace/00112233aabbccdd/",
    }
    for fact in ("192.0.2.7", "sdk-c-4.2.0"):
        assert fact in text(row)


HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='x'>",
    "a/b?c=d&e=f#g",
    "../../etc/passwd",
    "{{ settings.SECRET_KEY }}",
    "灯泡 ' or 1=1 --",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_device_calls_itself_is_text(console: Client, name: str) -> None:
    logged(
        "bad_parameters",
        product_key=name,
        device_name=name,
        client_id=name,
        trace_id="1",
        detail={name: name},
    )
    page = tree(console.get("/logs/"))
    assert text(rows(page)[0]).count(" ".join(name.split())) >= 4
    assert not [e for e in walk(rows(page)[0]) if e.name in {"script", "img"}]
    assert len(shown(console, client=name)) == 1


def test_a_name_that_is_no_devices_is_no_link(console: Client) -> None:
    logged("bad_parameters", product_key="a1FCrJmPpk1", device_name="a/b")
    row = rows(tree(console.get("/logs/")))[0]
    assert not [e for e in walk(row) if "/devices/" in (attribute(e, "href") or "")]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"product": "pkA"}, "ab"),
        ({"device": "lamp@1:2"}, "a"),
        ({"client": "cid-1"}, "a"),
        ({"type": "device"}, "cd"),
        ({"result": "success"}, "ac"),
        ({"result": "fail"}, "b"),
        ({"reason": "bad_signature"}, "b"),
        ({"code": "6600"}, "b"),
        ({"trace": "t-1"}, "a"),
        ({"within": "60"}, "bcd"),
        ({"product": "pkA", "result": "fail"}, "b"),
        ({"q": "lamp@1:2"}, "a"),
        ({"q": "signature CHECK"}, "b"),
        ({"q": "6600"}, "b"),
        ({"q": "sdk-c"}, "d"),
        ({"q": "192.0"}, ""),
        ({"q": "%"}, ""),
        ({"q": "' \" ; = ( ) [ ] { } ? @ & < > / : \\ \t"}, ""),
        ({"device": "nobody"}, ""),
    ],
)
def test_filters_find_what_they_name(
    console: Client, filters: dict[str, str], expected: str
) -> None:
    old = timezone.now() - timedelta(hours=2)
    device: dict[str, Any] = {"service_type": ServiceType.DEVICE, "product_key": "pkB"}
    entries = {
        "a": logged(
            at=old, product_key="pkA", device_name="lamp@1:2", client_id="cid-1", trace_id="t-1"
        ),
        "b": logged("bad_signature", product_key="pkA", device_name="lamp-b"),
        "c": logged("online", operation="online", device_name="lamp-c", **device),
        "d": logged(
            "connection_lost",
            operation="offline",
            device_name="lamp-d",
            detail={"sdk": "sdk-c-4.2.0"},
            **device,
        ),
    }
    wanted = [entries[name].pk for name in reversed(expected)]
    assert shown(console, **filters) == wanted


@pytest.mark.parametrize("few", [0, 5000])
def test_filters_find_the_same_however_many_they_fit(
    console: Client, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("common.web.filters.FEW", few)
    wanted = logged("bad_signature", product_key="pkA", device_name="lamp-a").pk
    logged("bad_signature", product_key="pkB", device_name="lamp-a")
    logged("bad_credential", product_key="pkA", device_name="lamp-a")
    topic = logged("topic_denied", product_key="pkA", service_type=ServiceType.UPLINK).pk
    assert shown(console, product="pkA", device="lamp-a", reason="bad_signature") == [wanted]
    assert shown(console, product="pkA", q="uplink", type="uplink") == []
    assert shown(console, product="pkA", type="uplink") == [topic]


def test_a_text_search_that_ran_out_of_time_goes_on_where_it_stopped(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = logged(device_name="lamp-first").pk
    for _ in range(5):
        logged(device_name="lamp-later")
    monkeypatch.setattr("common.sql.paging.SEARCH_SECONDS", 0)
    monkeypatch.setattr("common.sql.paging._FIRST_STEP", 2)
    url, looks = "/logs/?q=lamp-first", 0
    while not rows(page := tree(console.get(url))):
        assert "Nothing has been found so far. Searched back to" in text(by_id(page, "log-list"))
        link = next(e for e in walk(page) if attribute(e, "rel") == "next")
        assert text(link) == "Search further"
        url, looks = f"/logs/{attribute(link, 'href')}", looks + 1
    assert attribute(rows(page)[0], "id") == f"log-{oldest}"
    assert looks == 2


def test_the_end_of_a_connection_is_no_refusal(console: Client) -> None:
    logged("keepalive_timeout", operation="offline", service_type=ServiceType.DEVICE)
    assert shown(console, result="fail") == []
    assert "state-look" in str(rows(tree(console.get("/logs/")))[0])


def test_a_time_range_takes_both_ends(console: Client) -> None:
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    keys = [logged(at=noon + timedelta(minutes=n)).pk for n in range(5)]
    found = shown(console, since="2026-11-23T12:01", until="2026-11-23T12:03")
    assert found == keys[3:0:-1]


@pytest.mark.parametrize("field", ["since", "until", "type", "reason", "within", "result"])
def test_a_filter_that_cannot_be_meant_says_so(console: Client, field: str) -> None:
    logged()
    page = tree(console.get(f"/logs/?{field}=nonsense"))
    assert rows(page) == []
    assert "nonsense" in str(page) or "Select a valid choice" in text(page)
    assert [e for e in walk(page) if "error-text" in (attribute(e, "class") or "")]


def test_rare_filters_open_when_they_are_set(console: Client) -> None:
    def fold(url: str) -> Element:
        main = by_id(tree(console.get(url)), "main")
        return next(e for e in walk(main) if e.name == "details")

    assert "open" not in dict(fold("/logs/").attributes)
    assert "open" in dict(fold("/logs/?trace=x").attributes)


def test_htmx_gets_the_list_alone_and_it_is_what_a_fresh_page_shows(console: Client) -> None:
    logged("bad_signature", device_name="lamp-1")
    logged(device_name="lamp-2")
    page = tree(console.get("/logs/"))
    answer = console.get("/logs/?result=fail", headers=htmx("log-list"))
    assert b"<html" not in answer.content
    swap(page, tree(answer), "log-list")
    fresh = tree(console.get("/logs/?result=fail"))
    assert by_id(page, "log-list") == by_id(fresh, "log-list")


def test_pages_by_key_and_keeps_the_filter(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logs.views.PAGE_SIZE", 2)
    keys = [logged(device_name="lamp-1").pk for _ in range(3)]
    logged(device_name="lamp-2")
    page = tree(console.get("/logs/?device=lamp-1"))
    older = next(attribute(e, "href") for e in walk(page) if attribute(e, "rel") == "next")
    assert [int(attribute(e, "id")[4:]) for e in rows(tree(console.get(f"/logs/{older}")))] == [  # type: ignore[index]
        keys[0]
    ]


def test_an_empty_log_says_what_will_be_here(console: Client) -> None:
    assert "Nothing is logged yet" in text(tree(console.get("/logs/")))
    assert "No log entry matches" in text(tree(console.get("/logs/?q=x")))


def test_an_entry_of_an_older_release_is_still_shown(console: Client) -> None:
    entry = logged()
    LogEntry.objects.filter(pk=entry.pk).update(reason="forgotten", code="999")
    assert "forgotten" in text(rows(tree(console.get("/logs/")))[0])


def test_costs_the_same_however_many_entries(
    console: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        logged("bad_signature", product_key="pkA", device_name=f"lamp-{number}")
    # session, operator, saved filters, entries
    with django_assert_num_queries(4):
        console.get("/logs/")


def test_the_text_filter_finds_operations_by_name_and_by_code(console: Client) -> None:
    wanted = logged(operation="end_overlap").pk
    for words in ("old ProductSecret", "end_overlap"):
        assert shown(console, text=words) == [wanted]
