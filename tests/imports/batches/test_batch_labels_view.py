"""Label sheets: as many as fit, from the first free label on, and no secret unasked."""

import pytest
from django.test import Client

from devices.models import Device
from imports.labels import SHEETS, Label, labels_of, sheets
from imports.models import DeviceBatch
from imports.operations.batches import generate_batch
from operators.actor import SHELL
from operators.models import AuditEntry
from products.models import Product
from tests.console.dom import attribute, text, tree, walk
from tests.factories import make_product


@pytest.fixture
def product(db: None) -> Product:
    return make_product()


@pytest.fixture
def batch(product: Product) -> DeviceBatch:
    return generate_batch(SHELL, product.product_key, 3)


def labels(count: int) -> list[Label]:
    return [Label(f"lamp-{number:04}", "Lamp", "") for number in range(count)]  # type: ignore[arg-type]


def test_sheets_are_filled_from_the_first_free_label_on() -> None:
    made = sheets(labels(30), 24, 5)
    assert [len(sheet) for sheet in made] == [24, 10]
    assert made[0][:4] == [None] * 4
    assert [label.device_name for label in made[1] if label][:1] == ["lamp-0020"]
    assert sheets([], 24, 1) == []


def test_a_label_shows_name_product_and_a_code_without_style(
    console: Client, batch: DeviceBatch, product: Product
) -> None:
    content = console.get(f"{batch.get_absolute_url()}labels/?per=40").content.decode()
    for device in Device.objects.all():
        assert f"<b>{device.device_name}</b><span>{product.name}</span>" in content
        assert device.device_secret not in content
    assert content.count('class="qr"') == 3
    assert "style=" not in content


def test_the_code_holds_the_device_name_and_only_when_asked_the_certificate(
    batch: DeviceBatch,
) -> None:
    devices = list(batch.devices.select_related("product"))
    (plain, *_), (secret, *_) = (
        list(labels_of(devices, with_secrets=wished)) for wished in (False, True)
    )
    assert plain.secret == ""
    assert secret.secret == devices[0].device_secret
    assert plain.qr != secret.qr
    assert devices[0].device_secret not in repr(secret)


def test_a_long_batch_comes_in_pages(console: Client, product: Product) -> None:
    count = 24 * SHEETS + 5
    batch = generate_batch(SHELL, product.product_key, count)
    first = tree(console.get(f"{batch.get_absolute_url()}labels/?per=24&start=3"))
    assert f"{24 * SHEETS - 2} labels" in text(first)
    link = next(attribute(e, "href") for e in walk(first) if attribute(e, "rel") == "next")
    assert "7 labels" in text(tree(console.get(f"{batch.get_absolute_url()}labels/{link}")))


def test_secrets_are_offered_only_where_there_is_a_label(
    console: Client, batch: DeviceBatch
) -> None:
    url = f"{batch.get_absolute_url()}labels/"
    assert "Put the DeviceSecrets on them" in text(tree(console.get(url)))
    Device.objects.all().delete()
    assert "Put the DeviceSecrets on them" not in text(tree(console.get(url)))


@pytest.mark.parametrize("query", ["?per=7", "?per=24&start=99", "?per=x&after=y", "?after=-1"])
def test_nonsense_in_the_url_shows_labels_all_the_same(
    console: Client, batch: DeviceBatch, query: str
) -> None:
    response = console.get(f"{batch.get_absolute_url()}labels/{query}")
    assert response.content.decode().count('class="qr"') == 3


def test_secrets_come_on_request_with_a_fresh_code_and_an_audit_entry(
    console: Client, batch: DeviceBatch
) -> None:
    response = console.post(f"{batch.get_absolute_url()}labels/secret/", {"per": "24"})
    device = Device.objects.earliest("pk")
    assert device.device_secret in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    entry = AuditEntry.objects.get(act="batch.labels")
    assert entry.facts == {"count": 3, "batch": batch.pk}


def test_without_a_fresh_code_there_are_none(unconfirmed: Client, batch: DeviceBatch) -> None:
    response = unconfirmed.post(f"{batch.get_absolute_url()}labels/secret/", {"per": "24"})
    assert "Confirm that it is you" in text(tree(response))
    assert Device.objects.earliest("pk").device_secret not in response.content.decode()
    assert not AuditEntry.objects.filter(act="batch.labels").exists()
