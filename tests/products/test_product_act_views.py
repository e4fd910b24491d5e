import json

from django.test import Client

from devices.models import Device
from products.models import Product
from tests.console.dom import by_id, text, tree
from tests.console.fixtures import htmx
from tests.console.seed import Fleet


def test_publish_and_cancel_publishing(console: Client, fleet: Fleet) -> None:
    url = fleet.lamp.get_absolute_url()
    console.post(f"{url}publish/")
    assert Product.objects.get(pk=fleet.lamp.pk).published
    assert "Cancel Publishing" in text(tree(console.get(url)))
    console.post(f"{url}publish/?to=development")
    assert not Product.objects.get(pk=fleet.lamp.pk).published


def test_a_dialog_posts_to_the_wish_it_shows(console: Client, fleet: Fleet) -> None:
    url = fleet.lamp.get_absolute_url() + "publish/?to=development"
    dialog = console.get(url, headers=htmx("dialog-body"))
    assert f'hx-post="{url}"' in dialog.content.decode()
    assert b"<html" not in dialog.content


def test_a_product_with_devices_is_not_deleted(console: Client, fleet: Fleet) -> None:
    url = fleet.lamp.get_absolute_url() + "delete/"
    response = console.post(url, headers=htmx("dialog-body"))
    assert response.status_code == 422
    assert "still has devices" in text(by_id(tree(response), "dialog-body"))
    assert Product.objects.filter(pk=fleet.lamp.pk).exists()


def test_a_product_without_devices_is_deleted(console: Client, fleet: Fleet) -> None:
    Device.objects.filter(product=fleet.meter).delete()
    url = fleet.meter.get_absolute_url() + "delete/"
    response = console.post(url, headers=htmx("dialog-body"))
    assert json.loads(response.headers["HX-Location"])["path"] == "/products/"
    assert not Product.objects.filter(pk=fleet.meter.pk).exists()
    assert "Deleted product Water_Meter" in text(tree(console.get("/products/")))
