"""Filters of a list kept under a name."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from common.errors import ConflictError, NotFoundError, OperationError
from operators.actor import Actor
from operators.models import AuditEntry, Operator, Role, SavedFilter
from operators.operations import saved_filters
from operators.operations.saved_filters import Wish, normalised
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.operators.people import person

PAGE = "devices:list"
LISTS = {
    "/devices/": "devices:list",
    "/products/": "products:list",
    "/findings/": "findings:list",
    "/logs/": "logs:list",
    "/audit/": "operators:audit",
}


def keep(owner: Operator, name: str, query: str = "state=online", **wish: bool) -> SavedFilter:
    actor = Actor("console", owner)
    return saved_filters.save(actor, owner, PAGE, query, Wish(name, **wish))


def links(client: Client, address: str = "/devices/") -> dict[str, str]:
    """The chips, by what they say."""
    bar = by_id(tree(client.get(address)), "saved-filters")
    found = [e for e in walk(bar) if (attribute(e, "class") or "") == "saved"]
    return {text(each): attribute(each, "href") or "" for each in found}


def new_url(query: str, page: str = PAGE) -> str:
    return f"/filters/new/?{urlencode({'list': page, 'query': query})}"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("?state=online&name=", "state=online"),
        ("name=b&before=7&after=8&id=9&seen=1&upto=2&saved=none", "name=b"),
        ("b=2&a=1&b=1", "a=1&b=1&b=2"),
        ("name=%E7%81%AF%26x", "name=%E7%81%AF%26x"),
        ("", ""),
    ],
)
def test_equal_filters_are_kept_as_equal_text(query: str, kept: str) -> None:
    assert normalised(query) == kept


def test_the_filter_at_hand_is_saved_under_a_name_and_opens_again(console: Client) -> None:
    page = tree(console.get("/devices/?state=online&before=400"))
    address = attribute(by_id(page, "save-filter"), "href") or ""
    assert address == new_url("state=online")
    response = console.post(address, {"name": "Online now"})
    assert response.headers["Location"] == "/devices/?state=online"
    assert links(console) == {"All": "/devices/", "Online now": "/devices/?state=online"}


def test_the_filter_at_hand_is_marked_and_not_offered_again(
    console: Client, chen: Operator
) -> None:
    keep(chen, "Online now")
    page = tree(console.get("/devices/?name=&state=online"))
    marked = [e for e in walk(page) if attribute(e, "class") == "saved"]
    current = [text(e) for e in marked if attribute(e, "aria-current") == "true"]
    assert current == ["Online now"]
    assert not [e for e in walk(page) if attribute(e, "id") == "save-filter"]


def test_nothing_to_save_and_nothing_saved_shows_nothing(console: Client) -> None:
    assert text(by_id(tree(console.get("/devices/")), "saved-filters")) == ""


@pytest.mark.parametrize(("address", "page"), LISTS.items())
def test_every_list_has_filters_of_its_own(
    console: Client, chen: Operator, address: str, page: str
) -> None:
    saved_filters.save(Actor("console", chen), chen, page, "name=x", Wish("Mine"))
    for other in LISTS:
        assert ("Mine" in links(console, f"{other}?name=x")) == (other == address)


def test_htmx_brings_the_saved_filters_up_to_date(
    console: Client, chen: Operator, fleet: Fleet
) -> None:
    keep(chen, "Online now")
    page = tree(console.get("/devices/?state=online"))
    answer = console.get("/devices/?name=lamp", headers=htmx("device-list"))
    swap(page, tree(answer), "device-list")
    fresh = tree(console.get("/devices/?name=lamp"))
    assert by_id(page, "main") != by_id(tree(console.get("/devices/")), "main")
    assert by_id(page, "saved-filters") == by_id(fresh, "saved-filters")


def test_a_name_is_used_once_per_list(console: Client, chen: Operator) -> None:
    keep(chen, "Mine")
    with pytest.raises(ConflictError):
        keep(chen, "Mine", "state=offline")
    response = console.post(new_url("name=x"), {"name": "Mine"})
    assert response.status_code == 422
    assert "a filter with this name" in text(tree(response))
    saved_filters.save(Actor("console", chen), chen, "logs:list", "q=x", Wish("Mine"))


@pytest.mark.parametrize("query", ["", "name=", "before=4", "name=" + "x" * 1000])
def test_what_is_no_filter_is_not_saved(chen: Operator, query: str) -> None:
    with pytest.raises(OperationError):
        keep(chen, "Mine", query)


def test_a_list_that_does_not_exist_is_not_found(console: Client) -> None:
    assert console.get(new_url("name=x", "no:list")).status_code == 404
    assert console.get("/filters/new/").status_code == 404


def test_what_is_private_is_seen_by_its_owner_alone_and_what_is_shared_by_all(
    viewing: Client, chen: Operator
) -> None:
    keep(chen, "Private")
    keep(chen, "For all", "state=offline", shared=True)
    assert links(viewing) == {"All": "/devices/", "For all · chen": "/devices/?state=offline"}


@pytest.mark.parametrize("act", ["", "delete/"])
def test_others_neither_change_nor_delete_it(viewing: Client, chen: Operator, act: str) -> None:
    saved = keep(chen, "For all", shared=True)
    assert viewing.get(f"/filters/{saved.pk}/{act}").status_code == 404
    assert viewing.post(f"/filters/{saved.pk}/{act}", {"name": "Taken"}).status_code == 404
    vik = Operator.objects.get(username="vik")
    with pytest.raises(NotFoundError):
        saved_filters.delete(Actor("console", vik), vik, saved.pk)


def test_a_viewer_keeps_filters_and_does_not_share_them(viewing: Client) -> None:
    assert "Share it" not in text(tree(viewing.get(new_url("state=online"))))
    viewing.post(new_url("state=online"), {"name": "Mine", "shared": "on"})
    assert not SavedFilter.objects.get().shared


def test_it_is_renamed_shared_and_deleted(console: Client, chen: Operator) -> None:
    saved = keep(chen, "Mine")
    assert (
        attribute(by_id(tree(console.get(f"/filters/{saved.pk}/")), "id_name"), "value") == "Mine"
    )
    console.post(f"/filters/{saved.pk}/", {"name": "Ours", "shared": "on"})
    saved.refresh_from_db()
    assert (saved.name, saved.shared) == ("Ours", True)
    console.post(f"/filters/{saved.pk}/delete/")
    assert not SavedFilter.objects.exists()
    told = AuditEntry.objects.filter(target=saved.target).order_by("pk")
    assert [entry.text for entry in told] == [
        "Shared the filter Ours with everybody",
        "Deleted the shared filter Ours",
    ]


def test_what_is_private_leaves_no_trail(chen: Operator) -> None:
    saved = keep(chen, "Mine")
    saved_filters.delete(Actor("console", chen), chen, saved.pk)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(("address", "page"), LISTS.items())
def test_a_list_opens_with_the_default_of_its_reader(
    console: Client, viewing: Client, chen: Operator, address: str, page: str
) -> None:
    wish = Wish("Mine", shared=True, is_default=True)
    saved_filters.save(Actor("console", chen), chen, page, "name=x", wish)
    assert console.get(address).headers["Location"] == f"{address}?name=x"
    assert viewing.get(address).status_code == 200
    everything = links(console, f"{address}?name=x")["All"]
    assert console.get(everything).status_code == 200


def test_emptying_the_filter_bar_does_not_bring_the_default_back(
    console: Client, chen: Operator, fleet: Fleet
) -> None:
    keep(chen, "Mine", is_default=True)
    assert console.get("/devices/", headers=htmx("device-list")).status_code == 200


def test_there_is_one_default_per_list(chen: Operator) -> None:
    first = keep(chen, "First", is_default=True)
    keep(chen, "Second", "state=offline", is_default=True)
    other = person("mei", role=Role.VIEWER)
    keep(other, "Third", is_default=True)
    first.refresh_from_db()
    assert not first.is_default
    assert SavedFilter.objects.filter(is_default=True).count() == 2


def test_a_list_that_is_no_more_leads_home(chen: Operator) -> None:
    saved = keep(chen, "Mine")
    SavedFilter.objects.update(page="gone:list")
    saved.refresh_from_db()
    assert saved.get_absolute_url() == "/"
