"""The Log Service's live tail, in a real browser."""

import pytest
from playwright.sync_api import expect

from logs.models import LogEntry
from tests.console.browser import Visit
from tests.console.logged import logged
from tests.console.seed import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_new_rows_come_in_by_themselves_until_p_pauses(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/logs/")
    button = page.locator("#tail")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("p")
    expect(button).to_have_attribute("aria-pressed", "true")
    logged("bad_signature", device_name="newcomer-1")
    expect(page.locator(".log summary").first).to_contain_text("newcomer-1")
    page.keyboard.press("p")
    expect(button).to_have_attribute("aria-pressed", "false")
    logged("bad_signature", device_name="newcomer-2")
    chip = page.get_by_role("link", name="1 new")
    expect(chip).to_be_visible()
    expect(page.locator(".log")).not_to_contain_text("newcomer-2")
    button.click()
    expect(page.locator(".log summary").first).to_contain_text("newcomer-2")
    expect(chip).to_be_hidden()


def test_rows_that_come_in_move_nothing_one_reads(visit: Visit, fleet: Fleet) -> None:
    for number in range(40):
        logged(device_name=f"lamp-{number}")
    page = visit.open("/logs/")
    page.locator("#tail").click()
    read = page.locator(f"#log-{LogEntry.objects.latest('pk').pk - 5}")
    read.locator("summary").click()
    expect(read).to_have_attribute("open", "")
    before = read.bounding_box()
    for number in range(3):
        logged(device_name=f"newcomer-{number}")
    expect(page.locator(".log summary").first).to_contain_text("newcomer-2")
    expect(read).to_have_attribute("open", "")
    after = read.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 1


def test_no_row_comes_twice(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/logs/")
    page.locator("#tail").click()
    for number in range(4):
        key = logged(device_name=f"newcomer-{number}").pk
        expect(page.locator(f"#log-{key}")).to_have_count(1)
    ids = page.locator("#log-rows details").evaluate_all("rows => rows.map(row => row.id)")
    assert len(ids) == len(set(ids))


def test_p_is_a_letter_where_one_types(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/logs/")
    box = page.get_by_label("DeviceName")
    box.press_sequentially("lamp")
    expect(box).to_have_value("lamp")
    expect(page.locator("#tail")).to_have_attribute("aria-pressed", "false")


def test_a_tail_begins_with_an_empty_log(visit: Visit) -> None:
    page = visit.open("/logs/?device=newcomer")
    page.locator("#tail").click()
    logged(device_name="newcomer")
    expect(page.locator(".log summary")).to_have_count(1)


def test_it_follows_the_filters_and_the_export_does_too(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/logs/")
    page.locator("#tail").click()
    page.get_by_label("DeviceName").press_sequentially("wanted")
    expect(page.locator("#log-list")).to_contain_text("No log entry matches")
    logged(device_name="unwanted")
    logged(device_name="wanted")
    expect(page.locator(".log summary")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    text = download.value.path().read_text("utf-8-sig")
    assert text.count("wanted") == 1
