import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from devices.models import ClientBinding, Device
from devices.operations.manage import set_enabled
from operators.actor import SHELL
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.factories import make_device

NAMES = (
    *(f"lamp-000{n}" for n in (1, 2, 3, 4, 5, 7)),
    "meter-A4:CF:12",
    "meter-0002@east.hall",
)


def shown(client: Client, query: str = "") -> set[str]:
    listed = text(by_id(tree(client.get(f"/devices/{query}")), "device-list"))
    return {name for name in NAMES if name in listed}


def test_lists_name_product_state_and_last_connection(console: Client, fleet: Fleet) -> None:
    listed = text(by_id(tree(console.get("/devices/")), "device-list"))
    assert "lamp-0001 Smart_Lamp Online now View Delete" in listed
    assert "lamp-0003 Smart_Lamp Offline 12 min ago View Delete" in listed
    assert "meter-0002@east.hall Water_Meter Inactive never View Delete" in listed


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", set(NAMES)),
        ("?product={meter}", {"meter-A4:CF:12", "meter-0002@east.hall"}),
        ("?state=offline", {"lamp-0003"}),
        ("?state=inactive", {"meter-0002@east.hall"}),
        ("?state=disabled", {"lamp-0002"}),
        ("?state=online", {"lamp-0001", "lamp-0004", "lamp-0005", "lamp-0007", "meter-A4:CF:12"}),
        ("?name=lamp-", {name for name in NAMES if name.startswith("lamp")}),
        ("?name=meter-A4:", {"meter-A4:CF:12"}),
        ("?name=meter-0002@", {"meter-0002@east.hall"}),
        ("?name=0001", set()),
        ("?name=%25", set()),
        ("?name=LAMP-", set()),
        ("?name=lamp-000&state=offline", {"lamp-0003"}),
        ("?activated=yes", set(NAMES) - {"meter-0002@east.hall"}),
        ("?compromised=on", {"lamp-0007"}),
        ("?compromised=on&product={meter}", set()),
    ],
)
def test_filters_stand_in_the_url(
    console: Client, fleet: Fleet, query: str, expected: set[str]
) -> None:
    set_enabled(SHELL, fleet.lamp.product_key, "lamp-0002", enabled=False)
    assert shown(console, query.format(meter=fleet.meter.product_key)) == expected


def test_finds_an_alias_an_iot_id_and_a_client_id(console: Client, fleet: Fleet) -> None:
    Device.objects.filter(device_name="lamp-0002").update(nickname="Hall, left")
    assert shown(console, "?name=Hall") == {"lamp-0002"}
    device = Device.objects.get(device_name="lamp-0004")
    issued = ClientBinding.objects.get(device__device_name="lamp-0005").client_id
    for identifier, name in ((device.iot_id, "lamp-0004"), (issued, "lamp-0005")):
        assert shown(console, f"?name={identifier}") == {name}
        assert shown(console, f"?name={identifier[:8]}") == {name}
        assert shown(console, f"?name={identifier[:7]}") == set()


@pytest.mark.parametrize("few", [0, 5000])
def test_filters_find_the_same_however_many_they_fit(
    console: Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("common.web.filters.FEW", few)
    assert shown(console, "?compromised=on") == {"lamp-0007"}
    assert shown(console, "?name=meter-&state=online") == {"meter-A4:CF:12"}
    assert shown(console, "?name=meter-&state=inactive") == {"meter-0002@east.hall"}
    assert shown(console, "?state=offline") == {"lamp-0003"}


def test_a_search_that_ran_out_of_time_says_how_far_it_came(
    console: Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.sql.paging.SEARCH_SECONDS", 0)
    monkeypatch.setattr("common.sql.paging._FIRST_STEP", 1)
    page = tree(console.get("/devices/?state=offline"))
    assert "Nothing has been found so far. Searched back to" in text(by_id(page, "device-list"))
    link = next(e for e in walk(page) if attribute(e, "rel") == "next")
    assert text(link) == "Search further"
    monkeypatch.undo()
    assert shown(console, attribute(link, "href") or "") == {"lamp-0003"}


def test_an_unknown_product_shows_no_device_and_says_why(console: Client, fleet: Fleet) -> None:
    response = console.get("/devices/?product=a1NoSuchKey")
    assert shown(console, "?product=a1NoSuchKey") == set()
    assert "Select a valid choice" in text(by_id(tree(response), "main"))


def totals(client: Client, query: str = "") -> str:
    return text(by_id(tree(client.get(f"/devices/{query}")), "totals"))


def test_totals_count_all_devices_or_those_of_one_product(console: Client, fleet: Fleet) -> None:
    assert totals(console) == "8 Total 7 Activated 6 Online"
    assert totals(console, f"?product={fleet.meter.product_key}") == "2 Total 1 Activated 1 Online"


def test_totals_filter_when_clicked_and_keep_the_product(console: Client, fleet: Fleet) -> None:
    page = tree(console.get(f"/devices/?product={fleet.lamp.product_key}&name=lamp"))
    for key, count in (("total-all", 6), ("total-activated", 6), ("total-online", 5)):
        link = attribute(by_id(page, key), "href") or ""
        assert f"product={fleet.lamp.product_key}" in link
        assert len(shown(console, link)) == count


def test_the_total_is_marked_only_where_the_list_is_all_it_counts(
    console: Client, fleet: Fleet
) -> None:
    product = f"?product={fleet.lamp.product_key}"
    for query, marked in (("", "true"), (product, "true"), ("?compromised=true", "false")):
        total = by_id(tree(console.get(f"/devices/{query}")), "total-all")
        assert attribute(total, "aria-current") == marked, query


def test_htmx_gets_the_list_alone_and_it_is_what_a_fresh_page_shows(
    console: Client, fleet: Fleet
) -> None:
    page = tree(console.get("/devices/"))
    answer = console.get("/devices/?state=inactive", headers=htmx("device-list"))
    assert b"<html" not in answer.content
    swap(page, tree(answer), "device-list")
    fresh = tree(console.get("/devices/?state=inactive"))
    assert by_id(page, "device-list") == by_id(fresh, "device-list")


def test_pages_by_key_and_keeps_the_filter(
    console: Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.views.PAGE_SIZE", 4)
    first = tree(console.get("/devices/?name=lamp"))
    older = next(e for e in walk(first) if attribute(e, "rel") == "next")
    assert shown(console, attribute(older, "href") or "") == {"lamp-0001", "lamp-0002"}


def test_an_empty_list_says_what_a_device_is_and_offers_the_first(console: Client) -> None:
    listed = text(by_id(tree(console.get("/devices/")), "device-list"))
    assert "Add the first device" in listed


def test_no_compromised_device_is_good_news(console: Client, fleet: Fleet) -> None:
    query = f"/devices/?compromised=on&product={fleet.meter.product_key}"
    assert "no sign of clones" in text(tree(console.get(query)))


def test_costs_the_same_however_many_devices(
    console: Client, fleet: Fleet, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_device(fleet.lamp, f"extra-{number:04}")
    # session, operator, saved filters, products of the filter, devices with state, sessions,
    # two totals
    with django_assert_num_queries(8):
        console.get("/devices/")
