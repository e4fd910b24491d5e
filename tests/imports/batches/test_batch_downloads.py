"""Credential downloads for a production line: guarded, audited, streamed, exact."""

import csv
import io

import pytest
from django.test import Client

from common.web.downloads import csv_restored
from devices.models import Device
from devices.operations.reveal import reveal_connection
from imports.models import DeviceBatch
from imports.operations import batch_runner
from imports.operations.batches import generate_batch
from logs.models import LogEntry
from operators.actor import SHELL
from operators.models import AuditEntry
from products.models import Product
from tests.console.dom import by_id, text, tree
from tests.console.fixtures import htmx
from tests.factories import make_product

KINDS = ("credentials", "parameters")


@pytest.fixture
def product(db: None) -> Product:
    return make_product()


@pytest.fixture
def batch(product: Product) -> DeviceBatch:
    return generate_batch(SHELL, product.product_key, 3, name_prefix="@lamp-")


def downloaded(client: Client, batch: DeviceBatch, what: str) -> list[list[str]]:
    response = client.post(f"{batch.get_absolute_url()}{what}/")
    assert "no-store" in response.headers["Cache-Control"]
    assert "attachment" in response.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(response.getvalue().decode())))
    assert not any(cell.startswith("@") for row in rows for cell in row)
    return [[csv_restored(cell) for cell in row] for row in rows]


def test_credentials_of_every_device_in_the_order_they_were_added(
    console: Client, batch: DeviceBatch, product: Product
) -> None:
    header, *lines = downloaded(console, batch, "credentials")
    assert header == ["ProductKey", "DeviceName", "DeviceSecret", "IotId"]
    assert lines == [
        [product.product_key, d.device_name, d.device_secret, d.iot_id]
        for d in Device.objects.order_by("pk")
    ]


def test_parameters_are_those_of_the_page_of_each_device(
    console: Client, batch: DeviceBatch, product: Product
) -> None:
    header, *lines = downloaded(console, batch, "parameters")
    assert header == ["DeviceName", "clientId", "username", "passwd", "mqttHostUrl", "port"]
    device = Device.objects.earliest("pk")
    shown = reveal_connection(SHELL, product.product_key, device.device_name)
    assert lines[0] == [
        device.device_name,
        shown.client_id,
        shown.username,
        shown.password,
        shown.host,
        str(shown.port),
    ]
    assert len(lines) == 3


def test_devices_of_other_batches_stay_out(
    console: Client, batch: DeviceBatch, product: Product
) -> None:
    generate_batch(SHELL, product.product_key, 2)
    assert len(downloaded(console, batch, "credentials")) == 4


def test_more_devices_than_are_read_at_once(console: Client, product: Product) -> None:
    many = batch_runner.work_off(generate_batch(SHELL, product.product_key, 1001).pk)
    lines = downloaded(console, many, "credentials")
    assert len({name for _, name, *_ in lines}) == 1002


@pytest.mark.parametrize("what", KINDS)
def test_a_look_at_the_dialog_takes_nothing(console: Client, batch: DeviceBatch, what: str) -> None:
    url = f"{batch.get_absolute_url()}{what}/"
    dialog = by_id(tree(console.get(url, headers=htmx("dialog-body"))), "dialog-body")
    assert "each of 3 devices" in text(dialog)
    assert not AuditEntry.objects.filter(act=f"batch.{what}").exists()


@pytest.mark.parametrize("what", KINDS)
def test_every_download_is_in_the_audit_trail_with_its_count(
    console: Client, batch: DeviceBatch, what: str
) -> None:
    downloaded(console, batch, what)
    entry = AuditEntry.objects.get(act=f"batch.{what}")
    assert (str(entry.operator), entry.target) == ("chen", batch.target)
    assert entry.facts == {"count": 3, "batch": batch.pk}
    recorded = str(list(AuditEntry.objects.values())) + str(list(LogEntry.objects.values()))
    assert not [d for d in Device.objects.all() if d.device_secret in recorded]


@pytest.mark.parametrize("what", KINDS)
def test_it_needs_a_fresh_code(unconfirmed: Client, batch: DeviceBatch, what: str) -> None:
    url = f"{batch.get_absolute_url()}{what}/"
    assert "Confirm that it is you" in text(tree(unconfirmed.get(url)))
    response = unconfirmed.post(url)
    assert response.status_code == 422
    assert not response.streaming
    assert not AuditEntry.objects.filter(act=f"batch.{what}").exists()


@pytest.mark.parametrize("what", [*KINDS, "labels/secret"])
def test_a_viewer_takes_nothing(viewing: Client, batch: DeviceBatch, what: str) -> None:
    assert viewing.post(f"{batch.get_absolute_url()}{what}/").status_code == 403


@pytest.mark.parametrize("what", [*KINDS, "labels", "report.csv"])
def test_an_unknown_batch_is_not_found(console: Client, db: None, what: str) -> None:
    slash = "" if "." in what else "/"
    assert console.get(f"/devices/batches/77/{what}{slash}").status_code == 404
