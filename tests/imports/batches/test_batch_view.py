"""Details of a batch, from its dry run to its devices."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from devices.models import Device
from imports.models import BatchState, DeviceBatch
from imports.operations import batch_runner
from imports.operations.batches import add_batch, generate_batch, upload_batch
from operators.actor import SHELL
from products.models import Product
from tests.console.dom import attribute, by_id, swap, text, tree
from tests.console.fixtures import htmx
from tests.factories import connect_by_secret, make_device, make_product
from tests.imports.batches.lists import listed, names, uploaded

BAD = (
    "ab",
    "lamp 0002",
    "8.6E+14",
    "灯泡-0001",
    "lamp-000003",
    "lamp-100000,x/y",
    "x" * 40,
    ",Hall lamp",
    "a1/b2",
    "=cmd()",
    "lamp-100001,短",
    "lamp-taken",
)


@pytest.fixture
def product(db: None) -> Product:
    return make_product()


@pytest.fixture
def dozen(product: Product) -> DeviceBatch:
    """12 bad rows of 500."""
    make_device(product, "lamp-taken")
    return uploaded(product, *names(488), *BAD)


def page_of(client: Client, batch: DeviceBatch) -> str:
    return text(by_id(tree(client.get(batch.get_absolute_url())), "main"))


def report_of(client: Client, batch: DeviceBatch) -> bytes:
    response = client.get(f"{batch.get_absolute_url()}report.csv")
    return response.getvalue()


def test_a_dry_run_says_what_is_wrong_row_by_row(console: Client, dozen: DeviceBatch) -> None:
    found = page_of(console, dozen)
    assert "12 of 500 rows cannot be added" in found
    assert "Add 488 devices" in found
    assert "490 ab DeviceName ab The DeviceName is too short (2; minimum 4)." in found
    assert "495 lamp-100000 Nickname x/y The alias contains /" in found
    assert (
        "501 lamp-taken DeviceName lamp-taken The product already has a device with this" in found
    )


def test_only_the_first_problems_are_shown_and_the_report_has_all(
    console: Client, product: Product
) -> None:
    batch = uploaded(product, *[f"a {number}" for number in range(250)])
    found = page_of(console, batch)
    assert "These are the first 200." in found
    assert "row 202" not in found
    assert len(report_of(console, batch).splitlines()) == 251


def test_the_report_can_be_put_right_and_uploaded_as_it_is(
    console: Client, dozen: DeviceBatch, product: Product
) -> None:
    lines = list(csv.reader(io.StringIO(report_of(console, dozen).decode("utf-8-sig"))))
    assert lines[0] == ["DeviceName", "Nickname", "Row", "Problem", "HowToFix"]
    assert len(lines) == 13
    assert lines[10][0] == "'=cmd()"
    for number, line in enumerate(lines[1:]):
        line[0], line[1] = f"fixed-{number:04}", ""
    written = io.StringIO()
    csv.writer(written).writerows(lines)
    file = SimpleUploadedFile("fixed.csv", written.getvalue().encode("utf-8-sig"))
    fields = {"product": product.product_key, "method": "upload", "file": file}
    console.post("/devices/batches/new/", fields)
    fixed = DeviceBatch.objects.latest("pk")
    assert (fixed.state, fixed.total, fixed.notes) == (BatchState.CHECK_SUCCESS, 12, [])


def test_an_unchanged_report_has_the_same_problems_again(
    console: Client, dozen: DeviceBatch, product: Product
) -> None:
    file = SimpleUploadedFile("same.csv", report_of(console, dozen))
    fields = {"product": product.product_key, "method": "upload", "file": file}
    console.post("/devices/batches/new/", fields)
    again = DeviceBatch.objects.latest("pk")
    # What was repeated in the whole list stands alone in the report.
    assert (again.total, again.bad) == (12, 11)


def test_the_report_keeps_the_columns_that_mean_nothing_here(
    console: Client, product: Product
) -> None:
    reading = listed("17,ab", header="SN,DeviceName")
    batch = upload_batch(SHELL, product.product_key, reading)
    line = list(csv.reader(io.StringIO(report_of(console, batch).decode("utf-8-sig"))))[1]
    assert line[:4] == ["ab", "", "17", "2"]


def test_adding_the_good_rows_leaves_the_bad_ones(console: Client, dozen: DeviceBatch) -> None:
    url = f"{dozen.get_absolute_url()}add/"
    dialog = text(by_id(tree(console.get(url, headers=htmx("dialog-body"))), "dialog-body"))
    assert "488 devices will be added" in dialog
    assert "12 rows will be left out" in dialog
    assert "All or nothing" not in dialog
    console.post(url, headers=htmx("dialog-body"))
    assert dozen.devices.count() == 488
    found = page_of(console, dozen)
    assert "12 rows were left out" in found
    assert "488 Devices 0 Activated 488 Not activated yet" in found


def test_a_list_without_problems_may_be_added_all_or_nothing(
    console: Client, product: Product
) -> None:
    batch = uploaded(product, *names(3))
    url = f"{batch.get_absolute_url()}add/"
    assert "All or nothing" in text(tree(console.get(url)))
    make_device(product, "lamp-000001")
    console.post(url, {"all_or_nothing": "on"})
    assert Device.objects.count() == 1
    assert "no device was added" in page_of(console, batch)


def test_it_tells_how_many_are_activated_and_lists_the_devices(
    console: Client, product: Product
) -> None:
    batch = add_batch(SHELL, uploaded(product, *names(3)).pk)
    assert "Waiting for your device" in page_of(console, batch)
    connect_by_secret(Device.objects.get(device_name="lamp-000001"))
    found = page_of(console, batch)
    assert "3 Devices 1 Activated 2 Not activated yet" in found
    assert "lamp-000001 Online" in found
    assert "Waiting for your device" not in found


def test_its_totals_lead_to_the_list_of_its_devices(console: Client, product: Product) -> None:
    make_device(product, "lamp-other")
    batch = add_batch(SHELL, uploaded(product, *names(3)).pk)
    page = tree(console.get(batch.get_absolute_url()))
    link = attribute(by_id(page, "total-inactive"), "href") or ""
    found = text(by_id(tree(console.get(link)), "device-list"))
    assert "lamp-000002" in found
    assert "lamp-other" not in found


def test_progress_is_looked_at_until_it_ends(
    console: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "AT_ONCE", 10)
    batch = uploaded(product, *names(20))
    page = tree(console.get(batch.get_absolute_url()))
    assert attribute(by_id(page, "live"), "data-poll") == "1"
    assert "Checked 0 of 20 rows." in text(page)
    batch_runner.work_off(batch.pk)
    swap(page, tree(console.get(batch.get_absolute_url(), headers=htmx("live"))), "live")
    fresh = tree(console.get(batch.get_absolute_url()))
    assert attribute(by_id(page, "live"), "data-poll") is None
    for part in ("live", "batch-head"):
        assert by_id(page, part) == by_id(fresh, part)


def test_its_devices_come_with_the_last_look_at_its_progress(
    console: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "AT_ONCE", 10)
    batch = generate_batch(SHELL, product.product_key, 20)
    page = tree(console.get(batch.get_absolute_url()))
    batch_runner.work_off(batch.pk)
    swap(page, tree(console.get(batch.get_absolute_url(), headers=htmx("live"))), "live")
    fresh = tree(console.get(batch.get_absolute_url()))
    assert by_id(page, "live") == by_id(fresh, "live")


def test_a_batch_that_nobody_works_on_says_how_to_change_that(
    console: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "AT_ONCE", 10)
    batch = uploaded(product, *names(20))
    assert "No worker" not in page_of(console, batch)
    DeviceBatch.objects.update(moved_at="2026-01-01T00:00Z")
    assert "No worker" in page_of(console, batch)


def test_stop_and_resume(
    console: Client, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_runner, "AT_ONCE", 10)
    batch = generate_batch(SHELL, product.product_key, 20)
    console.post(f"{batch.get_absolute_url()}stop/")
    assert "Stopped: 0 of 20 devices were added." in page_of(console, batch)
    console.post(f"{batch.get_absolute_url()}resume/")
    batch_runner.work_off(batch.pk)
    assert batch.devices.count() == 20


def test_discard_forgets_the_list(console: Client, dozen: DeviceBatch) -> None:
    response = console.post(f"{dozen.get_absolute_url()}discard/")
    assert response.headers["Location"] == "/devices/batches/"
    assert not DeviceBatch.objects.exists()
    assert console.get(dozen.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("act", ["add", "discard", "stop", "resume"])
def test_a_viewer_reads_and_changes_nothing(viewing: Client, dozen: DeviceBatch, act: str) -> None:
    assert "12 of 500 rows" in page_of(viewing, dozen)
    assert "Add 488 devices" not in page_of(viewing, dozen)
    assert viewing.post(f"{dozen.get_absolute_url()}{act}/").status_code == 403
    assert DeviceBatch.objects.get().state == BatchState.CHECK_FAILED


def test_an_act_that_came_too_late_says_so_in_its_dialog(console: Client, product: Product) -> None:
    batch = add_batch(SHELL, uploaded(product, *names(3)).pk)
    response = console.post(f"{batch.get_absolute_url()}add/", headers=htmx("dialog-body"))
    assert response.status_code == 422
    assert "already added" in text(tree(response))


def test_costs_the_same_however_many_devices(
    console: Client, product: Product, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    few = generate_batch(SHELL, product.product_key, 3)
    many = generate_batch(SHELL, product.product_key, 120)
    for batch in (few, many):
        with django_assert_max_num_queries(8):
            console.get(batch.get_absolute_url())
