"""A fleet in two files, one of them with a bad row, in a real browser: checked, then imported."""

import pytest
from playwright.sync_api import FilePayload, expect

from devices.models import Device
from imports.models import FleetImport
from imports.operations.fleet_runner import work_off
from tests.console.browser import Visit
from tests.console.seed import Fleet
from tests.imports.fleet.given import KEY, PRODUCT_SECRET, secret_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROWS = 1200


def a_file(name: str, content: str) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": content.encode()}


def test_two_files_and_a_bad_row(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/devices/imports/")
    page.get_by_role("link", name="Upload").click()
    devices = "".join(f"field-{n:04},{secret_of(n)}\n" for n in range(ROWS)) + "ab,secret\n"
    page.get_by_label("Files", exact=True).set_input_files(
        files=[
            a_file("products.csv", f"ProductKey,ProductSecret\n{KEY},{PRODUCT_SECRET}\n"),
            a_file("devices.csv", "DeviceName,DeviceSecret\n" + devices),
        ]
    )
    page.get_by_label("ProductKey for rows without one").fill(KEY)
    page.get_by_role("button", name="Check").click()
    expect(page.locator("progress")).to_be_visible()
    found = FleetImport.objects.latest("pk")
    work_off(found.pk)
    expect(page.locator("#live")).to_contain_text("devices 1,200")
    expect(page.locator("table.problems tbody tr")).to_have_count(1)
    page.locator("#import-apply").click()
    page.get_by_role("dialog").get_by_role("button", name="Import").click()
    expect(page.locator("#import-head")).to_contain_text("Importing")
    work_off(found.pk)
    expect(page.locator("#import-head")).to_contain_text("Imported")
    expect(page.locator("#live")).to_contain_text("Imported: products 1, devices 1,200")
    assert Device.objects.filter(product__product_key=KEY).count() == ROWS


def test_uploading_works_without_scripts(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/devices/imports/new/", scripts=False)
    row = f"ProductKey,ProductSecret\n{KEY},{PRODUCT_SECRET}\n"
    page.get_by_label("Files", exact=True).set_input_files(files=[a_file("products.csv", row)])
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#live")).to_contain_text("To be imported: products 1")
