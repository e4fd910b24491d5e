"""Rules for every page: sign-in, headers, and nothing inline or foreign."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from operators.models import Role
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.seed import Fleet
from tests.operators.people import person


def pages(fleet: Fleet) -> list[str]:
    """Every page and dialog that is read with GET."""
    lamp, cloned = fleet.lamp.get_absolute_url(), fleet.cloned.get_absolute_url()
    products = ["", "devices/", "topics/", "connect/", "edit/", "publish/", "delete/"]
    switch = ["dynamic-registration/?to=on", "dynamic-registration/?to=off"]
    devices = ["", "log/", "topics/", "mqtt/", "switch/", "clear/", "allow/"]
    acts = ["reset/", "disable/", "enable/", "delete/"]
    return [
        "/",
        "/products/",
        "/products/new/",
        *(lamp + each for each in products + switch),
        "/devices/",
        "/devices/new/",
        f"/devices/states/?id={fleet.plain.pk}",
        f"/devices/watch/{fleet.lamp.product_key}/?since=0",
        *(cloned + each for each in devices + acts),
        "/logs/",
        "/logs/new/?seen=0",
        "/audit/",
        "/settings/phone/",
    ]


def fetched(client: Client, fleet: Fleet) -> list[tuple[str, Any]]:
    return [(url, client.get(url)) for url in pages(fleet)]


def test_every_page_answers_an_operator(console: Client, fleet: Fleet) -> None:
    assert {url: r.status_code for url, r in fetched(console, fleet)} == dict.fromkeys(
        pages(fleet), 200
    )


def test_every_page_wants_a_sign_in_and_returns_after_it(client: Client, fleet: Fleet) -> None:
    for url, response in fetched(client, fleet):
        assert response.status_code == 302, url
        assert response.headers["Location"].startswith(reverse("operators:sign_in") + "?next="), url


def test_no_page_holds_an_inline_script_or_style(console: Client, fleet: Fleet) -> None:
    for url, response in fetched(console, fleet):
        for element in walk(tree(response)):
            names = dict(element.attributes)
            assert element.name != "style", url
            assert element.name != "script" or names.get("src"), url
            assert not [name for name in names if name == "style" or re.match(r"on|hx-on", name)], (
                url
            )


def test_no_page_loads_anything_from_another_host(console: Client, fleet: Fleet) -> None:
    for url, response in fetched(console, fleet):
        for element in walk(tree(response)):
            for name in ("src", "href", "action", "hx-get", "hx-post"):
                value = attribute(element, name) or ""
                assert not re.match(r"(?i)[a-z]+:|//", value), f"{url}: {value}"


def test_every_page_forbids_what_it_does_not_need(console: Client, fleet: Fleet) -> None:
    for url, response in fetched(console, fleet):
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, url
        assert "unsafe" not in policy, url
        assert "frame-ancestors 'none'" in policy, url
        assert response.headers["X-Content-Type-Options"] == "nosniff", url
        assert response.headers["X-Frame-Options"] == "DENY", url


def test_htmx_neither_evaluates_code_nor_keeps_pages_in_the_browser(console: Client) -> None:
    page = console.get("/").content.decode()
    for setting in ('"allowEval":false', '"includeIndicatorStyles":false', '"historyCacheSize":0'):
        assert setting in page


def test_ids_are_unique_on_every_page(console: Client, fleet: Fleet) -> None:
    for url, response in fetched(console, fleet):
        ids = [key for element in walk(tree(response)) if (key := attribute(element, "id"))]
        assert sorted(ids) == sorted(set(ids)), url


def test_every_htmx_link_and_form_works_without_htmx(console: Client, fleet: Fleet) -> None:
    for url, response in fetched(console, fleet):
        for element in walk(tree(response)):
            if element.name == "a" and attribute(element, "hx-get"):
                assert attribute(element, "href") == attribute(element, "hx-get"), url
            if attribute(element, "hx-post"):
                assert element.name == "form", url
                assert attribute(element, "method") == "post", url
                assert attribute(element, "action") == attribute(element, "hx-post"), url


def test_every_control_has_a_name(console: Client, fleet: Fleet) -> None:
    for url, response in fetched(console, fleet):
        root = tree(response)
        labelled = {attribute(e, "for") for e in walk(root) if e.name == "label"}
        for element in walk(root):
            names = dict(element.attributes)
            if element.name in {"button", "a"}:
                assert text(element) or names.get("aria-label"), f"{url}: {element}"
            hidden = names.get("type") == "hidden" or "hidden" in names
            if element.name in {"input", "select", "textarea"} and not hidden:
                assert names.get("id") in labelled or names.get("aria-label"), f"{url}: {element}"


def test_the_navigation_marks_where_one_is(console: Client, fleet: Fleet) -> None:
    products_of_an_account = reverse("products:grants", args=[person("wu", Role.VIEWER).pk])
    for url, *section in (
        ("/", "Overview"),
        ("/devices/", "Devices"),
        ("/logs/", "Log Service"),
        ("/audit/", "Audit"),
        (products_of_an_account, "Settings"),
        ("/filters/new/?list=products:list&query=status%3Dx",),
    ):
        navigation = by_id(tree(console.get(url)), "nav")
        current = [text(e) for e in walk(navigation) if attribute(e, "aria-current")]
        assert current == section, url


def test_a_viewer_sees_no_button_that_changes_anything(viewing: Client, fleet: Fleet) -> None:
    reading = ["/", "/products/", "/devices/", "/logs/"]
    tabs = [fleet.lamp.get_absolute_url() + tab for tab in ("", "devices/", "connect/")]
    device = [fleet.cloned.get_absolute_url() + tab for tab in ("", "log/", "mqtt/")]
    for url in reading + tabs + device:
        response = viewing.get(url)
        assert response.status_code == 200, url
        main = by_id(tree(response), "main")
        posts = [e for e in walk(main) if attribute(e, "method") == "post"]
        # Taking the log along is reading; it is a POST because it is audited.
        posts = [e for e in posts if not (attribute(e, "action") or "").startswith("/logs/export/")]
        openers = [e for e in walk(main) if attribute(e, "hx-target") == "#dialog-body"]
        assert not posts, url
        for opener in openers:
            buttons = [e for e in walk(opener) if e.name == "button"]
            assert buttons, f"{url}: {opener}"
            assert all("disabled" in dict(b.attributes) for b in buttons), url
