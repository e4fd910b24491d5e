"""Where the DeviceSecrets of an import are until its devices have them, and where no more."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone
from pytest_django.fixtures import Settings

from common.errors import OperationError
from devices.models import Device
from imports.batches.api_rows import import_of, reading_of
from imports.batches.reading import Reading
from imports.batches.report import report_lines
from imports.batches.rows import Row, is_sealed, pack
from imports.models import BatchPart, BatchState, DeviceBatch
from imports.operations import batch_runner, batch_stages
from imports.operations.batch_runner import LISTS_KEPT, tend_batches, work_off
from imports.operations.batches import import_batch, resume_batch, stop_batch
from operators.actor import SHELL
from products.models import Product
from tests.factories import make_device, make_product
from tests.imports.batches.lists import stored_rows
from tests.shell import answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> Product:
    """A product whose lists are never imported in the request itself."""
    monkeypatch.setattr(batch_runner, "AT_ONCE", 0)
    return make_product()


def given(count: int) -> Reading:
    numbers = range(1, count + 1)
    return import_of([Row(n, f"lamp-{n}", device_secret=f"secret-{n}") for n in numbers])


def begun(product: Product, count: int) -> DeviceBatch:
    return import_batch(SHELL, product.product_key, given(count))


def payloads() -> list[bytes]:
    return [bytes(part.payload) for part in BatchPart.objects.order_by("number")]


def secrets() -> dict[str, str]:
    return dict(Device.objects.values_list("device_name", "device_secret"))


def test_they_are_sealed_while_they_wait(product: Product) -> None:
    batch = begun(product, 3)
    [payload] = payloads()
    assert is_sealed(payload)
    assert b"secret" not in payload
    assert [row.device_secret for row in stored_rows(batch)] == ["secret-1", "secret-2", "secret-3"]
    assert "secret-1" not in repr(stored_rows(batch))


def test_rows_without_secrets_are_not_sealed() -> None:
    assert not is_sealed(pack(reading_of([Row(1, "lamp-1", sn="SN_1")]).rows))


def test_they_go_with_each_row_that_is_added(product: Product) -> None:
    batch = begun(product, 3)
    batch_stages.create_rows(batch.pk, 0, 2)
    assert secrets() == {"lamp-1": "secret-1", "lamp-2": "secret-2"}
    assert [row.device_secret for row in stored_rows(batch)] == ["", "", "secret-3"]
    work_off(batch.pk)
    assert secrets()["lamp-3"] == "secret-3"
    assert not payloads()


def test_the_report_of_a_taken_name_holds_none(product: Product) -> None:
    batch = begun(product, 2)
    kept = make_device(product, "lamp-2")
    batch = work_off(batch.pk)
    assert secrets() == {"lamp-1": "secret-1", "lamp-2": kept.device_secret}
    assert not any(map(is_sealed, payloads()))
    assert [row.device_secret for row in stored_rows(batch)] == ["", ""]
    header, line = report_lines(batch)
    assert (header[:2], line[0]) == (["DeviceName", "Nickname"], "lamp-2")
    assert "secret-2" not in str(line)


def test_a_stopped_import_goes_on_with_them(product: Product) -> None:
    batch = begun(product, 3)
    batch_stages.create_rows(batch.pk, 0, 1)
    stop_batch(SHELL, batch.pk)
    resume_batch(SHELL, batch.pk)
    assert work_off(batch.pk).state == BatchState.CREATE_SUCCESS
    assert secrets() == {f"lamp-{n}": f"secret-{n}" for n in (1, 2, 3)}


@pytest.mark.parametrize("added", [0, 2])
def test_what_nobody_resumes_is_forgotten(product: Product, added: int) -> None:
    batch = begun(product, 3)
    if added:
        batch_stages.create_rows(batch.pk, 0, added)
    stop_batch(SHELL, batch.pk)
    tend_batches(timezone.now() + LISTS_KEPT - timedelta(minutes=1))
    assert len(payloads()) == 1
    tend_batches(timezone.now() + LISTS_KEPT + timedelta(minutes=1))
    assert not payloads()
    left = [(batch.state, batch.total, batch.stopped) for batch in DeviceBatch.objects.all()]
    assert left == ([(BatchState.CREATE_SUCCESS, 2, False)] if added else [])
    assert Device.objects.count() == added


def test_a_new_field_key_opens_them(product: Product, settings: Settings) -> None:
    batch = begun(product, 1)
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, old]
    assert answer("reencrypt_secrets")["reencrypted"] == 2  # and the ProductSecret
    settings.FIELD_KEYS = [new]
    work_off(batch.pk)
    assert secrets() == {"lamp-1": "secret-1"}


@pytest.mark.parametrize("rows", [[], [Row(1, "lamp-1")]])
def test_only_good_rows_are_imported(product: Product, rows: list[Row]) -> None:
    with pytest.raises(OperationError):
        import_batch(SHELL, product.product_key, import_of(rows))
    assert not DeviceBatch.objects.exists()
