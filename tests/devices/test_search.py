"""Devices by what an operator has at hand."""

import pytest

from devices import search
from devices.models import Device
from devices.search import find_devices, keys_beginning, names_beginning
from products.models import Product
from tests.factories import make_device, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return make_product()


def called(product: Product, name: str, nickname: str = "") -> Device:
    device = make_device(product, name)
    Device.objects.filter(pk=device.pk).update(nickname=nickname)
    return device


def found(text: str, most: int = 8) -> list[str]:
    return [device.device_name for device in find_devices(Device.objects.all(), text, most=most)]


def test_a_device_is_found_by_the_beginning_of_its_name_alias_or_iot_id(product: Product) -> None:
    device = called(product, "lamp-1", "Hall, left")
    called(product, "lamp-2")
    for text in ("lamp-1", "Hall", device.iot_id[: search.IDENTIFIER_LENGTH]):
        assert found(text) == ["lamp-1"]


def test_devices_found_stand_in_the_order_of_their_names_and_each_once(product: Product) -> None:
    called(product, "lamp-2")
    called(product, "lamp-1", "lamp of the hall")
    called(product, "A4CF12", "lamp of the stairs")
    assert found("lamp") == ["A4CF12", "lamp-1", "lamp-2"]
    assert found("lamp", most=2) == ["A4CF12", "lamp-1"]


def test_an_identifier_in_full_finds_its_device_alone(product: Product) -> None:
    device = called(product, "lamp-1")
    called(product, f"{device.iot_id}-2")
    assert found(device.iot_id) == ["lamp-1"]


def test_where_very_many_begin_so_the_names_alone_count(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    called(product, "A4CF12", "lamp of the stairs")
    for number in (3, 1, 2):
        called(product, f"lamp-{number}")
    monkeypatch.setattr(search, "_FEW", 3)
    assert found("lamp", most=2) == ["lamp-1", "lamp-2"]
    monkeypatch.setattr(search, "_FEW", 4)
    assert found("lamp", most=2) == ["A4CF12", "lamp-1"]


def test_only_the_devices_one_may_look_at_are_found(product: Product) -> None:
    called(product, "lamp-1", "Hall")
    theirs = Device.objects.exclude(product=product)
    assert find_devices(theirs, "Hall", most=8) == []


@pytest.mark.parametrize("text", ["lamp", "Hall", "no such"])
def test_the_keys_are_those_of_the_devices_the_filter_of_a_list_lets_through(
    product: Product, text: str
) -> None:
    called(product, "lamp-1", "Hall, left")
    called(product, "Hallway")
    called(product, "A4CF12", "lamp")
    let_through = Device.objects.filter(names_beginning(text)).values_list("pk", flat=True)
    assert set(keys_beginning(text)) == set(let_through)
