"""Choosing a language in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.console.browser import Visit
from tests.console.seed import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def choose(page: Page, menu: str, language: str) -> None:
    page.get_by_role("button", name=menu).click()
    with page.expect_navigation():  # to its end: the menus of a page open only then
        page.get_by_role("button", name=language).click()


def test_the_menu_changes_the_language_and_stays_on_the_page(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/devices/?state=online")
    choose(page, "Language", "简体中文")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.get_by_role("heading", name="设备", exact=True)).to_be_visible()
    assert page.url.endswith("/devices/?state=online")
    choose(page, "语言", "English")
    expect(page.get_by_role("heading", name="Devices", exact=True)).to_be_visible()


def test_what_scripts_say_is_in_the_language_of_the_page(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.lamp.get_absolute_url())
    choose(page, "Language", "简体中文")
    page.get_by_role("button", name="复制ProductKey").click()
    expect(page.locator(".copied")).to_have_attribute("aria-label", "已复制")


def test_a_page_made_for_another_zone_is_shown_again_in_the_browsers(
    visit: Visit, fleet: Fleet
) -> None:
    page = visit.open("/products/", zone="Asia/Shanghai")
    expect(page.locator("body")).to_have_attribute("data-zone", "Asia/Shanghai")
    page.context.add_cookies([{"name": "time_zone", "value": "UTC", "url": page.url}])
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-zone", "Asia/Shanghai")


def test_the_sign_in_page_tells_the_zone(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/products/", zone="Asia/Shanghai")
    page.context.clear_cookies()
    page.goto("/sign-in/")
    told = {cookie.get("name"): cookie.get("value") for cookie in page.context.cookies()}
    assert told["time_zone"] == "Asia/Shanghai"
