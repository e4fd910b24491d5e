"""The live panel of "Connect a device"."""

import time
from typing import Any

import pytest
from django.test import Client
from django.test.html import Element
from pytest_django import DjangoAssertNumQueries

from devices.operations.manage import delete_device
from devices.watch_views import WATCH_SECONDS
from logs.models import LogEntry, ServiceType
from operators.actor import SHELL
from products.models import Product
from tests.console.dom import attribute, by_id, swap, text, tree
from tests.console.fixtures import htmx
from tests.console.logged import logged
from tests.factories import (
    connect_by_secret,
    connect_by_token,
    issued_client_id,
    make_device,
    make_product,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(db: None) -> Product:
    return make_product()


def opened(console: Client, product: Product) -> Element:
    return tree(console.get(product.get_absolute_url() + "connect/"))


def look(console: Client, page: Element) -> Element:
    """Let the panel ask once."""
    url = attribute(by_id(page, "watch"), "hx-get") or ""
    swap(page, tree(console.get(url, headers=htmx("watch"))), "watch")
    return by_id(page, "watch")


def test_waits_until_something_happens(console: Client, product: Product) -> None:
    page = opened(console, product)
    panel = look(console, page)
    assert "Waiting for a device" in text(panel)
    assert attribute(panel, "data-poll")


def test_follows_a_device_from_registration_to_connection(
    console: Client, product: Product
) -> None:
    page = opened(console, product)
    issued = issued_client_id(product, "lamp-0001")
    panel = look(console, page)
    assert "Registered lamp-0001" in text(panel)
    assert attribute(panel, "data-poll")
    connect_by_token(product, "lamp-0001", issued)
    panel = look(console, page)
    assert "lamp-0001 is connected" in text(panel)


def test_stops_asking_when_the_device_is_connected(console: Client, product: Product) -> None:
    page = opened(console, product)
    connect_by_token(product, "lamp-0001", issued_client_id(product, "lamp-0001"))
    panel = look(console, page)
    assert attribute(panel, "data-poll") is None
    assert attribute(panel, "hx-get") is None


def test_shows_a_refusal_with_its_reason_and_goes_on(console: Client, product: Product) -> None:
    page = opened(console, product)
    facts: dict[str, Any] = {
        "product_key": product.product_key,
        "device_name": "lamp-0001",
        "trace_id": "t1",
    }
    entry = logged("bad_signature", detail={"hints": "order"}, **facts)
    panel = look(console, page)
    assert "lamp-0001 was refused: Signature check failed" in text(panel)
    assert "Check the ProductSecret in the firmware" in text(panel)
    assert attribute(by_id(panel, "watch-trace"), "href") == f"/logs/trace/t1/#log-{entry.pk}"
    assert "signed in another order" in text(panel)
    assert attribute(panel, "data-poll")


def test_a_refusal_is_forgotten_once_the_device_succeeds(console: Client, product: Product) -> None:
    page = opened(console, product)
    logged("bad_signature", product_key=product.product_key, device_name="lamp-0001")
    issued_client_id(product, "lamp-0001")
    assert "was refused" not in text(look(console, page))


def test_ignores_what_happened_before_and_elsewhere(console: Client, product: Product) -> None:
    issued_client_id(product, "lamp-0001")
    page = opened(console, product)
    issued_client_id(make_product(), "lamp-0002")
    logged(service_type=ServiceType.MANAGEMENT, product_key=product.product_key)
    ended: dict[str, Any] = {"service_type": ServiceType.DEVICE, "operation": "offline"}
    logged("connection_lost", product_key=product.product_key, device_name="lamp-0003", **ended)
    assert "Waiting for a device" in text(look(console, page))


def test_stops_asking_after_half_an_hour(console: Client, product: Product) -> None:
    began = int(time.time()) - WATCH_SECONDS - 1
    url = f"/devices/watch/{product.product_key}/?since=0&from={began}"
    panel = by_id(tree(console.get(url, headers=htmx("watch"))), "watch")
    assert "Stopped watching" in text(panel)
    assert attribute(panel, "data-poll") is None


def test_says_so_when_new_devices_would_be_refused(console: Client) -> None:
    closed = make_product(open_registration=False)
    assert "Dynamic Registration is off: new devices are refused" in text(opened(console, closed))


def test_its_own_page_works_without_htmx(console: Client, product: Product) -> None:
    issued_client_id(product, "lamp-0001")
    response = console.get(f"/devices/watch/{product.product_key}/?since=0&from={int(time.time())}")
    assert "Registered lamp-0001" in text(by_id(tree(response), "main"))


def test_reads_the_log_once(
    console: Client, product: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        logged("bad_signature", product_key=product.product_key, device_name=f"lamp-{number}")
    assert LogEntry.objects.count() == 20
    url = f"/devices/watch/{product.product_key}/?since=0"
    # session, operator, product, log
    with django_assert_num_queries(4):
        console.get(url, headers=htmx("watch"))


def test_a_device_just_added_is_waited_for_by_name(console: Client, product: Product) -> None:
    device = make_device(product, "lamp@1:2")
    page = tree(console.get(device.get_absolute_url()))
    panel = by_id(page, "watch-device")
    assert "Waiting for your device" in text(panel)
    connect_by_token(product, "lamp-0002", issued_client_id(product, "lamp-0002"))
    url = attribute(panel, "hx-get") or ""
    swap(page, tree(console.get(url, headers=htmx("watch-device"))), "watch-device")
    assert "Waiting for your device" in text(by_id(page, "watch-device"))
    connect_by_secret(device)
    swap(page, tree(console.get(url, headers=htmx("watch-device"))), "watch-device")
    panel = by_id(page, "watch-device")
    assert "lamp@1:2 is connected" in text(panel)
    assert attribute(panel, "data-poll") is None
    assert "watch-device" not in str(tree(console.get(device.get_absolute_url())))


def test_the_dialog_with_the_certificate_waits_too(console: Client, product: Product) -> None:
    form = {"product": product.product_key, "device_name": "lamp-0001"}
    answer = tree(console.post("/devices/new/", form, headers=htmx("dialog-body")))
    assert "device=lamp-0001" in (attribute(by_id(answer, "watch-device"), "hx-get") or "")


def test_a_device_added_again_is_not_taken_for_the_one_before(
    console: Client, product: Product
) -> None:
    device = make_device(product, "lamp-0001")
    connect_by_secret(device)
    delete_device(SHELL, product.product_key, "lamp-0001")
    again = make_device(product, "lamp-0001")
    panel = by_id(tree(console.get(again.get_absolute_url())), "watch-device")
    assert "Waiting for your device" in text(panel)
