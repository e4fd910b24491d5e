import pytest
from django.test import Client

from devices.models import Device
from tests.console.dom import attribute, by_id, text, tree
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.factories import connect_by_token, issued_client_id

DIALOG = htmx("dialog-body")


def url_of(device: Device) -> str:
    return device.get_absolute_url() + "clear/"


def live(device: Device) -> int:
    return device.bindings.filter(voided_at__isnull=True).count()


def test_names_how_many_physical_devices_will_be_forbidden(console: Client, fleet: Fleet) -> None:
    shown = text(tree(console.get(url_of(fleet.cloned), headers=DIALOG)))
    assert "4 physical devices will be disconnected and blocked" in shown


def test_names_the_one_that_uses_the_device_secret_too(console: Client, fleet: Fleet) -> None:
    name = fleet.plain.device_name
    connect_by_token(fleet.lamp, "lamp-0050", issued_client_id(fleet.lamp, "lamp-0050"))
    shown = text(tree(console.get(url_of(fleet.plain), headers=DIALOG)))
    assert f"Clear {name}" in shown
    assert "0 physical devices with a ClientID, and the one that uses" in shown
    one = Device.objects.select_related("product").get(device_name="lamp-0050")
    shown = text(tree(console.get(url_of(one), headers=DIALOG)))
    assert "1 physical device will be disconnected and blocked" in shown


@pytest.mark.parametrize("typed", ["", "lamp-0001", "LAMP-0007", "lamp-0007x"])
def test_the_device_name_must_be_typed(console: Client, fleet: Fleet, typed: str) -> None:
    form = {"typed": typed, "refuse_registration": "on"}
    response = console.post(url_of(fleet.cloned), form, headers=DIALOG)
    assert response.status_code == 422
    dialog = by_id(tree(response), "dialog-body")
    assert (attribute(by_id(dialog, "id_typed"), "value") or "") == typed
    assert "checked" in dict(by_id(dialog, "id_refuse_registration").attributes)
    assert text(by_id(dialog, "id_typed_error"))
    assert live(fleet.cloned) == 4


@pytest.mark.parametrize("refuse", [False, True])
def test_clears_and_refuses_new_registrations_when_ticked(
    console: Client, fleet: Fleet, refuse: bool
) -> None:
    form = {"typed": "lamp-0007"} | ({"refuse_registration": "on"} if refuse else {})
    response = console.post(url_of(fleet.cloned), form)
    assert response.headers["Location"] == fleet.cloned.get_absolute_url()
    assert live(fleet.cloned) == 0
    assert Device.objects.get(pk=fleet.cloned.pk).registration_refused == refuse
