"""Readable on a phone and in both themes, reachable by keyboard."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from logs.models import LogEntry
from tests.console.browser import DESKTOP, PHONE, Visit
from tests.console.seed import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Contrast (WCAG 2.2) of every visible text with what is painted behind it.
TOO_FAINT = """() => {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a),
    g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a),
    a: 1,
  });
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => {
      const s = v / 255;
      return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    if (!element) return { r: 255, g: 255, b: 255, a: 1 };
    const color = parse(getComputedStyle(element).backgroundColor);
    return color.a === 1 ? color : over(color, behind(element.parentElement));
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const words = texts.currentNode.textContent.trim();
    const hidden = !element.checkVisibility() || element.closest(".visually-hidden, :disabled");
    if (!words || hidden || element.getBoundingClientRect().width < 2) continue;
    const ground = behind(element);
    const ink = over(parse(getComputedStyle(element).color), ground);
    const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push(`${words.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""

BEYOND_ITS_BOX = "e => e.parentElement.scrollWidth - e.parentElement.clientWidth"


def pages(fleet: Fleet) -> list[str]:
    lamp, cloned = fleet.lamp.get_absolute_url(), fleet.cloned.get_absolute_url()
    return [
        "/",
        "/products/",
        "/products/new/",
        *(lamp + each for each in ("", "devices/", "topics/", "connect/")),
        f"{lamp}dynamic-registration/?to=off",
        "/devices/",
        "/devices/new/",
        *(cloned + each for each in ("", "log/", "mqtt/", "switch/", "clear/")),
        "/logs/",
        "/nothing/",
        "/audit/",
        "/settings/phone/",
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_stands_out(visit: Visit, fleet: Fleet, dark: bool) -> None:
    page = visit.open("/", dark=dark)
    faint = {}
    for path in pages(fleet):
        page.goto(path)
        faint[path] = page.evaluate(TOO_FAINT)
    assert {path: found for path, found in faint.items() if found} == {}


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_scrolls_sideways(visit: Visit, fleet: Fleet, size: tuple[int, int]) -> None:
    page = visit.open("/", size=size)
    for path in pages(fleet):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0], path


def test_on_a_phone_every_column_of_a_list_is_in_sight(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/", size=PHONE)
    for path in [*pages(fleet), "/findings/", "/devices/batches/", "/settings/accounts/"]:
        page.goto(path)
        for table in page.locator(".stacked").all():
            hidden = table.evaluate(
                "e => e.parentElement.scrollWidth - e.parentElement.clientWidth"
            )
            assert hidden <= 0, path


def test_on_a_phone_the_open_tab_is_in_sight(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/settings/accounts/", size=PHONE)
    expect(page.locator(".tabs").get_by_role("link", name="Accounts")).to_be_in_viewport(ratio=0.9)


def test_on_a_phone_the_navigation_is_a_menu(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/", size=PHONE)
    link = page.get_by_role("link", name="Log Service")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(link).to_be_visible()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log Service")


def test_on_a_tablet_the_navigation_is_icons_with_names(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/", size=(992, 700))
    navigation = page.get_by_role("navigation", name="Main")
    box = navigation.bounding_box()
    assert box
    assert box["width"] < 60
    navigation.get_by_role("link", name="Products").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Products")


def theme(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.bsTheme"))


def test_the_theme_follows_the_system_until_one_is_chosen(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/", dark=True)
    assert theme(page) == "dark"
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Light").click()
    assert theme(page) == "light"
    page.goto("/devices/")
    assert theme(page) == "light"
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Same as the system").click()
    assert theme(page) == "dark"


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_a_key_leads_to_the_search_and_enter_to_what_it_found(
    visit: Visit, fleet: Fleet, key: str
) -> None:
    page = visit.open("/")
    page.keyboard.press(key)
    box = page.get_by_role("combobox", name="Search or jump to")
    expect(box).to_be_focused()
    page.keyboard.type("lamp-0007")
    expect(page.get_by_role("option", selected=True)).to_contain_text("lamp-0007")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("lamp-0007")


def test_arrows_choose_in_the_search_and_escape_leaves_it(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/", size=PHONE)
    page.keyboard.press("/")
    options = page.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()


def test_an_act_found_by_the_search_asks_in_the_dialog(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("create")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Create Product")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Product Name")).to_be_focused()


def test_without_scripts_the_search_is_a_page(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/", scripts=False)
    page.get_by_role("combobox").fill("lamp-0")
    page.get_by_role("combobox").press("Enter")
    page.get_by_role("main").get_by_role("link", name="lamp-0003").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("lamp-0003")


def test_a_slash_can_be_typed_into_a_field(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/logs/")
    box = page.get_by_label("Text")
    box.press_sequentially("a/b")
    expect(box).to_have_value("a/b")


def test_the_first_tab_skips_to_the_content(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/devices/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("Boolean(document.activeElement.closest('main'))")


def test_times_in_tables_and_filters_are_in_the_readers_zone(visit: Visit, fleet: Fleet) -> None:
    LogEntry.objects.update(at=datetime(2026, 11, 23, 20, 30, 5, tzinfo=UTC))
    page = visit.open("/logs/", zone="Asia/Shanghai")
    stamp = page.locator(".log time").first
    expect(stamp).to_have_text("2026-11-24 04:30:05")
    expect(stamp).to_have_attribute("title", "2026-11-23 20:30:05 UTC")
    page.get_by_text("More filters").click()
    page.get_by_label("From").fill("2026-11-24T04:31")
    expect(page.locator("#log-list")).to_contain_text("No log entry matches")
    expect(page).to_have_url(re.compile("since=2026-11-23T20%3A31"))
    page.reload()
    expect(page.get_by_label("From")).to_have_value("2026-11-24T04:31")
    page.get_by_label("From").fill("2026-11-24T04:30")
    expect(page.locator(".log details")).not_to_have_count(0)
