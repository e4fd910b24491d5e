"""Batches of a product concern only those whom the product concerns."""

import pytest
from django.test import Client
from django.urls import reverse

from devices.models import Device
from imports.models import DeviceBatch
from imports.operations.batches import generate_batch
from operators.actor import SHELL
from operators.models import Operator
from products.models import Product, ProductGrant
from tests.console.dom import text, tree
from tests.console.fixtures import confirmed
from tests.factories import make_product
from tests.operators.people import person

READING = ("batch", "batch_report", "batch_labels")
ACTING = ("add_checked", "discard", "stop", "resume", "credentials", "parameters", "secret_labels")


@pytest.fixture
def own(db: None) -> Product:
    return make_product()


def limited_to(product: Product, *, may_change: bool) -> Client:
    operator = person("lim", phone="+8613912340000")
    Operator.objects.filter(pk=operator.pk).update(every_product=False)
    ProductGrant.objects.create(operator=operator, product=product, may_change=may_change)
    client = Client()
    client.force_login(operator)
    return confirmed(client, Operator.objects.get(pk=operator.pk))


def url(name: str, batch: DeviceBatch) -> str:
    return reverse(f"imports:{name}", args=[batch.pk])


def batch_of(product: Product) -> DeviceBatch:
    return generate_batch(SHELL, product.product_key, 2)


def test_batches_of_other_products_are_not_there(own: Product) -> None:
    other = batch_of(make_product())
    client = limited_to(own, may_change=True)
    for name in READING:
        assert client.get(url(name, other)).status_code == 404
    for name in ACTING:
        assert client.post(url(f"batch_{name}", other)).status_code == 404
    listed = text(tree(client.get("/devices/batches/")))
    assert other.product.name not in listed
    assert other.product.name not in text(tree(client.get("/devices/batches/new/")))


def test_to_look_at_is_not_to_change(own: Product) -> None:
    batch = batch_of(own)
    client = limited_to(own, may_change=False)
    for name in READING:
        assert client.get(url(name, batch)).status_code == 200
    assert "DownloadCSV" not in text(tree(client.get(url("batch", batch))))
    for name in ACTING:
        assert client.post(url(f"batch_{name}", batch)).status_code == 403
    fields = {"product": own.product_key, "method": "auto", "count": "3"}
    assert client.post("/devices/batches/new/", fields).status_code == 422
    assert Device.objects.count() == 2


def test_who_may_change_the_product_may_take_its_credentials(own: Product) -> None:
    batch = batch_of(own)
    response = limited_to(own, may_change=True).post(url("batch_credentials", batch))
    assert Device.objects.earliest("pk").device_secret in response.getvalue().decode()
