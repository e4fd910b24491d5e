"""A list of 10,000 devices with 12 bad rows, in a real browser: checked, added, put right."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from devices.models import Device
from imports.models import DeviceBatch
from imports.operations.batch_runner import work_off
from tests.console.browser import Visit
from tests.console.seed import Fleet
from tests.imports.batches.lists import names

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BAD = (
    *("ab", "lamp 0001", "8.6E+14", "x" * 33, "lamp/1", "lamp-0007", "lamp-000000"),
    *("lampe-ü", "lamp#9", ",Hall lamp", "lamp-900000,x/y", "lamp-900001,ab"),
)


def a_file(name: str, content: str) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": content.encode()}


def upload(page: Page, file: FilePayload) -> None:
    page.get_by_label("Batch Upload").check()
    page.get_by_label("List of devices").set_input_files(files=[file])
    page.get_by_role("button", name="OK").click()


def downloaded(page: Page, name: str, role: str) -> list[list[str]]:
    with page.expect_download() as download:
        page.get_by_role(role, name=name).click()  # type: ignore[arg-type]
    text = Path(download.value.path()).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def add(page: Page, words: str) -> None:
    page.get_by_role("link", name=words).click()
    page.get_by_role("dialog").get_by_role("button", name="Add devices").click()


def test_twelve_bad_rows_of_ten_thousand(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(f"/devices/batches/new/?product={fleet.lamp.product_key}")
    lines = ["DeviceName,Nickname", *names(9988), *BAD]
    upload(page, a_file("lamps.csv", "\n".join(lines)))
    expect(page.locator("progress")).to_be_visible()
    batch = DeviceBatch.objects.latest("pk")
    work_off(batch.pk)
    expect(page.locator("#problems-title")).to_have_text("12 of 10,000 rows cannot be added")
    report = downloaded(page, "Download Invalid Device Name List", "link")
    assert len(report) == 13
    add(page, "Add 9,988 devices")
    expect(page.locator("#batch-head")).to_contain_text("Adding")
    work_off(batch.pk)
    expect(page.locator("#batch-head")).to_contain_text("Added")
    expect(page.locator("#problems-title")).to_have_text("12 rows were left out")

    fixed = io.StringIO()
    rows = [report[0], *([f"fixed-{n:04}", "", *row[2:]] for n, row in enumerate(report[1:]))]
    csv.writer(fixed).writerows(rows)
    page.goto(f"/devices/batches/new/?product={fleet.lamp.product_key}")
    upload(page, a_file("report.csv", fixed.getvalue()))
    expect(page.locator("#live")).to_contain_text("All 12 rows can be added.")
    add(page, "Add 12 devices")
    page.get_by_role("link", name="DownloadCSV").click()
    credentials = downloaded(page, "Download", "button")
    added = Device.objects.filter(device_name__startswith="fixed-").order_by("pk")
    assert [row[1:3] for row in credentials[1:]] == [
        [d.device_name, d.device_secret] for d in added
    ]
    assert Device.objects.filter(batch__isnull=False).count() == 10_000


def test_only_what_the_chosen_method_needs_is_shown(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/devices/batches/new/")
    expect(page.get_by_label("Number of devices")).to_be_visible()
    expect(page.get_by_label("List of devices")).to_be_hidden()
    page.get_by_label("Batch Upload").check()
    expect(page.get_by_label("Number of devices")).to_be_hidden()
    expect(page.get_by_label("List of devices")).to_be_visible()


def test_generating_works_without_scripts(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/devices/batches/new/", scripts=False)
    page.get_by_label("Number of devices").fill("3")
    page.get_by_role("button", name="OK").click()
    expect(page.locator("h1")).to_have_text(re.compile(r"Batch \d+"))
    assert DeviceBatch.objects.latest("pk").added == 3


def test_labels_print_on_a4_without_the_console_around_them(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/devices/batches/new/")
    page.get_by_label("Number of devices").fill("30")
    page.get_by_role("button", name="OK").click()
    page.get_by_role("link", name="Print labels").click()
    expect(page.locator(".sheet")).to_have_count(2)
    page.emulate_media(media="print")
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator(".label-options")).to_be_hidden()
    millimetres = page.locator(".sheet").first.evaluate("e => e.offsetWidth / (96 / 25.4)")
    assert round(millimetres) == 210
    fitting = "e => e.every(l => l.scrollWidth <= l.clientWidth + 1)"
    assert page.locator(".label").evaluate_all(fitting)
