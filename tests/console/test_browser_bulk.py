"""Choosing many devices and acting on them, in a real browser."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from devices.models import Device
from tests.console.browser import PHONE, Visit
from tests.factories import make_device, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.views.PAGE_SIZE", 4)


@pytest.fixture(autouse=True)
def units(visit: Visit) -> None:
    product = make_product()
    for number in range(12):
        make_device(product, f"unit-{number:04}")


def disabled() -> set[str]:
    return set(Device.objects.filter(enabled=False).values_list("device_name", flat=True))


def box(page: Page, number: int) -> Locator:
    return page.get_by_label(f"Select unit-{number:04}")


def chosen(page: Page) -> Locator:
    return page.locator("#bulk output")


def test_devices_are_chosen_on_several_pages_and_the_act_is_taken_back(visit: Visit) -> None:
    page = visit.open("/devices/")
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    box(page, 11).check()
    box(page, 10).check()
    expect(chosen(page)).to_have_text("2 devices selected")
    page.get_by_role("link", name="Older").click()
    expect(box(page, 7)).to_be_visible()
    expect(bar).to_be_visible()
    box(page, 7).check()
    expect(chosen(page)).to_have_text("3 devices selected")
    page.get_by_role("link", name="Newer").click()
    expect(box(page, 11)).to_be_checked()
    box(page, 11).uncheck()
    bar.get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("unit-0010, unit-0007")
    dialog.get_by_role("button", name="Disable 2 devices").click()
    expect(dialog).to_be_hidden()
    toast = page.locator(".toast")
    expect(toast).to_contain_text("Disabled 2 devices.")
    assert disabled() == {"unit-0007", "unit-0010"}
    expect(bar).to_be_hidden()
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast", has_text="Enabled 2 devices.")).to_be_visible()
    expect(page.locator(".toast", has_text="Disabled 2 devices.")).to_have_count(0)
    assert disabled() == set()


def test_many_that_match_are_said_to_be_more_than_were_counted(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.bulk_selection.MOST_COUNTED", 11)
    monkeypatch.setattr("common.web.filters.FEW", 1)
    page = visit.open("/devices/?state=inactive")
    page.get_by_label("Select all devices on this page").check()
    page.get_by_role("button", name="Select all 11+ devices that match").click()
    expect(chosen(page)).to_have_text("11+ devices selected")
    page.locator("#bulk").get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type 11 to confirm").fill("11")
    dialog.get_by_role("button", name="Disable 11+ devices").click()
    expect(page.locator(".toast")).to_contain_text("Disabled 12 devices.")
    assert len(disabled()) == 12


def test_all_that_match_are_chosen_but_for_those_unchecked(visit: Visit) -> None:
    page = visit.open("/devices/?name=unit-")
    page.get_by_label("Select all devices on this page").check()
    expect(chosen(page)).to_have_text("4 devices selected")
    page.get_by_role("button", name="Select all 12 devices that match").click()
    expect(chosen(page)).to_have_text("12 devices selected")
    page.get_by_role("link", name="Older").click()
    expect(box(page, 7)).to_be_checked()
    box(page, 7).uncheck()
    expect(chosen(page)).to_have_text("11 devices selected")
    page.locator("#bulk").get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type 11 to confirm").fill("11")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Disabled 11 devices.")
    assert disabled() == {f"unit-{n:04}" for n in range(12)} - {"unit-0007"}


def test_another_filter_forgets_what_was_chosen(visit: Visit) -> None:
    page = visit.open("/devices/")
    box(page, 11).check()
    page.get_by_label("Name or ID begins with").fill("unit-001")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page).to_have_url(re.compile("name=unit-001"))
    expect(box(page, 11)).not_to_be_checked()
    expect(page.locator("#bulk")).to_be_hidden()


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit.open("/devices/")
    box(page, 11).focus()
    page.keyboard.press("Space")
    expect(page.locator("#bulk")).to_be_visible()
    page.locator("#bulk-disable").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Disable 1 device")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#bulk-disable")).to_be_focused()
    assert disabled() == set()


def test_shift_chooses_a_range(visit: Visit) -> None:
    page = visit.open("/devices/")
    box(page, 11).click()
    box(page, 8).click(modifiers=["Shift"])
    expect(chosen(page)).to_have_text("4 devices selected")
    page.get_by_role("button", name="Select none").click()
    expect(page.locator("#bulk")).to_be_hidden()


def test_without_scripts_the_bar_appears_and_the_form_works(visit: Visit) -> None:
    page = visit.open("/devices/?name=unit-", scripts=False)
    expect(page.locator("#bulk")).to_be_hidden()
    box(page, 11).check()
    expect(page.locator("#bulk")).to_be_visible()
    page.get_by_label("All that match the filter").check()
    page.locator("#bulk-disable").click()
    page.get_by_label("Type 12 to confirm").fill("12")
    page.get_by_role("button", name="Disable 12 devices").click()
    expect(page.locator("[data-toast]")).to_contain_text("Disabled 12 devices.")
    assert len(disabled()) == 12
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-toast]")).to_contain_text("Enabled 12 devices.")
    assert disabled() == set()


def test_the_bar_fits_a_phone(visit: Visit) -> None:
    page = visit.open("/devices/", size=PHONE)
    box(page, 11).check()
    expect(page.locator("#bulk")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
