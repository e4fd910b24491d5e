"""Language and time zone: chosen, told by the browser, or the server's."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from common.crypto.identifiers import alphanumeric
from operators.actor import SHELL
from operators.models import Operator
from operators.operations import audit
from operators.preferences import ZONE_COOKIE
from tests.console.dom import attribute, tree, walk
from tests.operators.people import PASSWORD

CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,en;q=0.5"}


@pytest.fixture
def browser(client: Client, chen: Operator) -> Client:
    client.force_login(chen)
    return client


def language_of(client: Client, path: str, **headers: str) -> str | None:
    page = tree(client.get(path, **headers))  # type: ignore[arg-type]
    return next(attribute(element, "lang") for element in walk(page) if element.name == "html")


def choose(client: Client, language: str, back: str = "/audit/") -> str:
    response = client.post(reverse("operators:language"), {"language": language, "next": back})
    return response.headers["Location"]


def shown_time(client: Client) -> str:
    """How the audit page shows the moment 2026-11-23 20:30:05 UTC."""
    target = f"product/{alphanumeric(8)}"
    with time_machine.travel(datetime(2026, 11, 23, 20, 30, 5, tzinfo=UTC), tick=False):
        audit.record(SHELL, "product.create", target, "Created")
    page = tree(client.get(reverse("operators:audit"), {"target": target}))
    (time,) = [element for element in walk(page) if element.name == "time"]
    assert attribute(time, "title") == "2026-11-23 20:30:05 UTC"
    return str(time.children[0])


def save(client: Client, **chosen: str) -> int:
    return client.post(reverse("operators:preferences"), chosen).status_code


def test_before_sign_in_the_language_is_the_browsers(client: Client, db: None) -> None:
    assert language_of(client, reverse("operators:sign_in")) == "en"
    assert language_of(client, reverse("operators:sign_in"), **CHINESE) == "zh-hans"


def test_a_language_chosen_before_sign_in_stays(client: Client, chen: Operator) -> None:
    assert choose(client, "zh-hans", reverse("operators:sign_in")) == reverse("operators:sign_in")
    assert language_of(client, reverse("operators:sign_in")) == "zh-hans"
    client.post(reverse("operators:sign_in"), {"username": "chen", "password": PASSWORD})
    assert language_of(client, "/audit/") == "zh-hans"


def test_the_menu_returns_to_the_same_page_in_the_language_chosen(browser: Client) -> None:
    assert choose(browser, "zh-hans", "/audit/?target=product/x") == "/audit/?target=product/x"
    assert language_of(browser, "/audit/") == "zh-hans"
    choose(browser, "en")
    assert language_of(browser, "/audit/") == "en"


def test_the_operators_language_beats_the_browsers(browser: Client, chen: Operator) -> None:
    save(browser, language="zh-hans", time_zone="")
    del browser.cookies["django_language"]
    assert language_of(browser, "/audit/", HTTP_ACCEPT_LANGUAGE="en") == "zh-hans"
    assert language_of(Client(), reverse("operators:sign_in")) == "en"


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "", "x\n"])
def test_the_menu_leads_to_pages_of_the_console_only(browser: Client, back: str) -> None:
    assert choose(browser, "zh-hans", back) == "/"


def test_a_language_the_console_does_not_speak_changes_nothing(
    browser: Client, chen: Operator
) -> None:
    choose(browser, "tlh")
    chen.refresh_from_db()
    assert chen.language == ""
    assert language_of(browser, "/audit/") == "en"


def test_as_the_browser_forgets_the_language_chosen_before(browser: Client) -> None:
    choose(browser, "zh-hans")
    save(browser, language="", time_zone="")
    assert language_of(browser, "/audit/") == "en"


def test_times_are_the_servers_until_a_browser_tells_its_zone(
    browser: Client, settings: LazySettings
) -> None:
    assert shown_time(browser) == "2026-11-23 20:30:05"
    settings.TIME_ZONE = "America/New_York"
    assert shown_time(browser) == "2026-11-23 15:30:05"


def test_times_are_in_the_browsers_zone_until_one_is_chosen(browser: Client) -> None:
    browser.cookies[ZONE_COOKIE] = "Asia/Shanghai"
    assert shown_time(browser) == "2026-11-24 04:30:05"
    assert save(browser, language="", time_zone="Asia/Kolkata") == 302
    assert shown_time(browser) == "2026-11-24 02:00:05"


@pytest.mark.parametrize("told", ["Mars/Olympus", "../../etc/passwd", "", "x" * 5000])
def test_what_is_no_zone_is_not_believed(browser: Client, told: str) -> None:
    browser.cookies[ZONE_COOKIE] = told
    assert shown_time(browser) == "2026-11-23 20:30:05"


def test_a_zone_that_does_not_exist_is_refused(browser: Client, chen: Operator) -> None:
    assert save(browser, language="", time_zone="Mars/Olympus") == 422
    chen.refresh_from_db()
    assert chen.time_zone == ""


def test_settings_name_the_zone_the_browser_told(browser: Client) -> None:
    browser.cookies[ZONE_COOKIE] = "Asia/Shanghai"
    page = browser.get(reverse("operators:preferences")).content.decode()
    assert "Same as the browser (Asia/Shanghai)" in page
