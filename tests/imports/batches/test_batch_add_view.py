"""Batch Add: Auto Generate, or Batch Upload that is checked before anything is added."""

import io
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from devices.models import Device
from imports.models import BatchState, DeviceBatch
from operators.models import AuditEntry
from products.models import Product
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.fixtures import htmx
from tests.factories import make_product
from tests.imports.batches.lists import names

URL = "/devices/batches/new/"


@pytest.fixture
def product(db: None) -> Product:
    return make_product()


def csv(*lines: str, name: str = "lamps.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join(["DeviceName,Nickname", *lines]).encode())


def upload(client: Client, product: Product, file: SimpleUploadedFile) -> Any:
    fields = {"product": product.product_key, "method": "upload", "file": file}
    return client.post(URL, fields, headers=htmx("batch-form"))


def test_generating_adds_the_devices_and_shows_the_batch(console: Client, product: Product) -> None:
    fields = {"product": product.product_key, "method": "auto", "count": "3", "name_prefix": "l-"}
    response = console.post(URL, fields)
    batch = DeviceBatch.objects.get()
    assert response.headers["Location"] == batch.get_absolute_url()
    assert (batch.state, batch.devices.count()) == (BatchState.CREATE_SUCCESS, 3)
    assert str(AuditEntry.objects.get(act="batch.add").operator) == "chen"


def test_uploading_checks_and_adds_nothing(console: Client, product: Product) -> None:
    upload(console, product, csv(*names(3), "ab"))
    batch = DeviceBatch.objects.get()
    assert (batch.state, batch.file_name) == (BatchState.CHECK_FAILED, "lamps.csv")
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"method": "auto"}, "count", "Enter the number"),
        ({"method": "auto", "count": "0"}, "count", "1 to 100,000"),
        ({"method": "auto", "count": "9", "name_prefix": "a b"}, "name_prefix", "at most 12"),
        ({"method": "upload"}, "file", "at most 20 MB"),
        (
            {"method": "upload", "product": "a1NoSuchKey"},
            "product",
            "does not exist or was deleted",
        ),
    ],
)
def test_an_error_stands_beside_its_field_and_what_was_typed_stays(
    console: Client, product: Product, fields: dict[str, str], field: str, words: str
) -> None:
    typed = {"product": product.product_key} | fields
    response = console.post(URL, typed, headers=htmx("batch-form"))
    assert response.status_code == 422
    form = by_id(tree(response), "batch-form")
    assert words in text(by_id(form, f"id_{field}_error"))
    chosen = [e for e in walk(form) if "checked" in dict(e.attributes)]
    assert [attribute(e, "value") for e in chosen] == [fields["method"]]
    assert not DeviceBatch.objects.exists()


def test_a_file_that_cannot_be_read_says_so_at_the_file(console: Client, product: Product) -> None:
    file = SimpleUploadedFile("x.csv", b"SerialNumber,Colour\n17,red\n")
    response = upload(console, product, file)
    assert response.status_code == 422
    assert "There is no DeviceName column" in text(by_id(tree(response), "id_file_error"))


def test_a_file_that_is_too_large_is_dropped_while_it_arrives(
    console: Client, product: Product, settings: LazySettings
) -> None:
    settings.BATCH_FILE_MB = 1
    file = SimpleUploadedFile("x.csv", b"DeviceName\n" + b"lamp-0001\n" * 120_000)
    response = upload(console, product, file)
    assert "at most 1 MB" in text(by_id(tree(response), "id_file_error"))


def test_a_viewer_adds_nothing(viewing: Client, product: Product) -> None:
    assert viewing.get(URL).status_code == 403
    fields = {"product": product.product_key, "method": "auto", "count": "3"}
    assert viewing.post(URL, fields).status_code == 403
    assert not Device.objects.exists()


def test_the_list_of_one_product_offers_that_product(console: Client, product: Product) -> None:
    make_product()
    page = tree(console.get(f"/devices/?product={product.product_key}"))
    form = by_id(tree(console.get(attribute(by_id(page, "batch-add"), "href") or "")), "batch-form")
    chosen = [e for e in walk(form) if "selected" in dict(e.attributes)]
    assert [attribute(e, "value") for e in chosen] == [product.product_key]


def test_the_csv_template_is_the_platforms(console: Client) -> None:
    response = console.get("/devices/batches/devices.csv")
    assert response.getvalue().decode("utf-8-sig") == "DeviceName,Nickname\r\n"


def test_the_workbook_template_can_be_uploaded_once_filled_in(
    console: Client, product: Product
) -> None:
    book = load_workbook(io.BytesIO(console.get("/devices/batches/devices.xlsx").content))
    book.active.append(["lamp-0001", "Hall lamp"])
    written = io.BytesIO()
    book.save(written)
    upload(console, product, SimpleUploadedFile("t.xlsx", written.getvalue()))
    assert DeviceBatch.objects.get().state == BatchState.CHECK_SUCCESS
