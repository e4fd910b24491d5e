"""Viewers read; the server refuses them every change, with words, and changes nothing."""

import pytest
from django.test import Client

from devices.models import ClientBinding, Device
from logs.models import LogEntry
from operators.models import AuditEntry
from products.models import Product
from tests.console.dom import by_id, text, tree
from tests.console.fixtures import htmx
from tests.console.seed import Fleet

PRODUCT_ACTS = (
    "edit/",
    "publish/",
    "publish/?to=development",
    "delete/",
    "dynamic-registration/?to=on",
    "dynamic-registration/?to=off",
)
DEVICE_ACTS = ("switch/", "clear/", "allow/", "reset/", "disable/", "enable/", "delete/")


def acts(fleet: Fleet) -> list[str]:
    product, device = fleet.lamp.get_absolute_url(), fleet.cloned.get_absolute_url()
    return [
        "/products/new/",
        "/devices/new/",
        *(product + act for act in PRODUCT_ACTS),
        *(device + act for act in DEVICE_ACTS),
    ]


def reveals(fleet: Fleet) -> list[str]:
    device = fleet.cloned.get_absolute_url()
    return [fleet.lamp.get_absolute_url() + "secret/", device + "secret/", device + "parameters/"]


def everything() -> list[object]:
    """All that an act could have changed."""
    models = (Product, Device, ClientBinding, AuditEntry, LogEntry)
    return [list(model.objects.order_by("pk").values()) for model in models]


def complete_form(fleet: Fleet) -> dict[str, str]:
    """The fields that make every form valid."""
    return {
        "name": "Another_Product",
        "node_type": "0",
        "net_type": "WIFI",
        "data_connections": "server",
        "data_format": "1",
        "product": fleet.lamp.product_key,
        "device_name": "lamp-9999",
        "client_id": ClientBinding.objects.filter(device=fleet.cloned)[0].client_id,
        "typed": fleet.cloned.device_name,
    }


@pytest.mark.parametrize("headers", [{}, htmx("dialog-body")])
def test_a_viewer_is_refused_every_act(
    viewing: Client, fleet: Fleet, headers: dict[str, str]
) -> None:
    before, form = everything(), complete_form(fleet)
    for url in acts(fleet) + reveals(fleet):
        response = viewing.post(url, form, headers=headers)
        assert response.status_code == 403, url
        assert "Viewer" in text(by_id(tree(response), "main")), url
        assert fleet.lamp.product_secret not in response.content.decode(), url
        assert fleet.cloned.device_secret not in response.content.decode(), url
    assert everything() == before


def test_a_viewer_is_refused_every_dialog(viewing: Client, fleet: Fleet) -> None:
    assert {viewing.get(url).status_code for url in acts(fleet)} == {403}


def test_opening_a_dialog_changes_nothing(console: Client, fleet: Fleet) -> None:
    before = everything()
    assert {console.get(url).status_code for url in acts(fleet)} == {200}
    assert everything() == before


def test_a_secret_is_never_shown_for_a_get(console: Client, fleet: Fleet) -> None:
    assert {console.get(url).status_code for url in reveals(fleet)} == {405}


def test_nobody_acts_without_the_token_of_a_form(fleet: Fleet, console: Client) -> None:
    careful = Client(enforce_csrf_checks=True, SERVER_NAME="testserver")
    careful.cookies = console.cookies
    before = everything()
    for url in acts(fleet) + reveals(fleet):
        assert careful.post(url, complete_form(fleet)).status_code == 403, url
    assert everything() == before
