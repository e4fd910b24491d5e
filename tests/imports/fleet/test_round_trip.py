"""A file of credentials that was exported here says the same when it is imported here."""

from collections.abc import Iterator

import pytest

from common.web.downloads import csv_download
from devices.models import Device
from imports.batches.reading import read_file
from imports.fleet.api_dumps import Answers
from imports.fleet.merge import Fleet
from imports.models import DeviceBatch
from imports.operations.batches import generate_batch
from imports.operations.export import export_credentials
from operators.actor import SHELL
from tests.factories import make_product
from tests.imports.fleet.given import KEY, imported, read, wrong

# Those that a spreadsheet would take for formulas, or that hold what makes them safe.
NAMES = ["-lamp-1", "@lamp", "-1234", "lamp-0001", "@SUM:1"]
SECRETS = ["=cmd|'/Ccalc'!A0", "'=1", "''", "a;=b", "a,-b", "x|'+y", "-@+=", "'-", "plain;'x"]

pytestmark = pytest.mark.django_db


def exported(batch: DeviceBatch) -> bytes:
    rows = export_credentials(SHELL, batch.pk)
    content = csv_download("x.csv", rows, for_people=False).streaming_content
    assert isinstance(content, Iterator)
    return b"".join(content)


@pytest.fixture
def batch() -> DeviceBatch:
    """With a device for each secret."""
    made = generate_batch(SHELL, make_product().product_key, len(SECRETS))
    devices = made.devices.order_by("pk")
    for number, (device, secret) in enumerate(zip(devices, SECRETS, strict=True)):
        device.device_secret = secret
        device.device_name = NAMES[number] if number < len(NAMES) else device.device_name
        device.save(update_fields=["device_secret", "device_name"])
    return made


def certificates(product_key: str) -> list[tuple[str, str, str]]:
    found = Device.objects.filter(product__product_key=product_key).order_by("device_name")
    return [(each.device_name, each.device_secret, each.iot_id) for each in found]


def test_what_was_exported_is_imported_with_the_same_values(batch: DeviceBatch) -> None:
    product = batch.product
    before, file = certificates(product.product_key), exported(batch).decode()
    assert len(before) == len(SECRETS)
    Device.objects.all().delete()
    assert not wrong(read(file))
    imported(file)
    assert certificates(product.product_key) == before


def test_a_list_of_names_that_was_exported_is_read_with_the_same_names(batch: DeviceBatch) -> None:
    names = sorted(row.device_name for row in read_file(exported(batch), 1 << 20).rows)
    assert names == [name for name, *_ in certificates(batch.product.product_key)]


def test_no_cell_of_credentials_is_a_formula(batch: DeviceBatch) -> None:
    for separator in ",;\t|":
        for line in exported(batch).decode().splitlines():
            assert not any(cell.startswith(tuple("=+-@")) for cell in line.split(separator)), line


def test_answers_are_taken_as_they_are() -> None:
    """No spreadsheet and no export has touched them."""
    fleet = Fleet(["a.json"])
    secret = "'=1;'-x"
    answer = {"ProductKey": KEY, "DeviceName": "lamp-1", "DeviceSecret": secret}
    Answers(fleet, 0).add(answer)
    (device,) = fleet.items()
    assert device["DeviceSecret"] == secret
