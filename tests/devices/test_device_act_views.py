import json

import pytest
from django.test import Client

from devices.models import Device
from devices.operations.manage import clear, set_enabled
from operators.actor import SHELL
from operators.models import AuditEntry
from tests.console.dom import by_id, text, tree
from tests.console.fixtures import htmx
from tests.console.seed import Fleet

DIALOG = htmx("dialog-body")


def again(device: Device) -> Device:
    return Device.objects.get(pk=device.pk)


def test_disable_and_enable(console: Client, fleet: Fleet) -> None:
    url = fleet.plain.get_absolute_url()
    console.post(f"{url}disable/")
    assert not again(fleet.plain).enabled
    console.post(f"{url}enable/")
    assert again(fleet.plain).enabled


def test_what_somebody_else_did_meanwhile_is_said_in_the_dialog(
    console: Client, fleet: Fleet
) -> None:
    set_enabled(SHELL, fleet.meter.product_key, fleet.plain.device_name, enabled=False)
    response = console.post(fleet.plain.get_absolute_url() + "disable/", headers=DIALOG)
    assert response.status_code == 422
    assert "The device is already disabled." in text(by_id(tree(response), "dialog-body"))


def test_reset_lets_it_register_again(console: Client, fleet: Fleet) -> None:
    assert again(fleet.plain).claimed_at
    console.post(fleet.plain.get_absolute_url() + "reset/")
    assert again(fleet.plain).claimed_at is None
    assert again(fleet.plain).device_secret == fleet.plain.device_secret


def test_registration_is_allowed_again(console: Client, fleet: Fleet) -> None:
    clear(SHELL, fleet.lamp.product_key, fleet.cloned.device_name, refuse_registration=True)
    console.post(fleet.cloned.get_absolute_url() + "allow/")
    assert not again(fleet.cloned).registration_refused


def test_delete_goes_on_to_the_list_of_its_product(console: Client, fleet: Fleet) -> None:
    response = console.post(fleet.plain.get_absolute_url() + "delete/", headers=DIALOG)
    path = json.loads(response.headers["HX-Location"])["path"]
    assert path == f"/devices/?product={fleet.meter.product_key}"
    assert not Device.objects.filter(pk=fleet.plain.pk).exists()
    assert f"Deleted device {fleet.plain.device_name}" in text(tree(console.get(path)))


@pytest.mark.parametrize("act", ["disable", "reset", "delete"])
def test_says_what_will_happen_before_it_does(console: Client, fleet: Fleet, act: str) -> None:
    words = {
        "disable": "disconnected at once",
        "reset": "gets the same DeviceSecret",
        "delete": "cannot be restored",
    }
    response = console.get(f"{fleet.plain.get_absolute_url()}{act}/", headers=DIALOG)
    assert words[act] in text(by_id(tree(response), "dialog-body"))


@pytest.mark.parametrize(
    ("act", "audited"),
    [
        ("disable", "device.disable"),
        ("reset", "device.reset"),
        ("allow", "device.allow_registration"),
        ("delete", "device.delete"),
    ],
)
def test_the_audit_names_who_did_it_and_from_where(
    console: Client, fleet: Fleet, act: str, audited: str
) -> None:
    console.post(f"{fleet.plain.get_absolute_url()}{act}/", REMOTE_ADDR="192.0.2.99")
    entry = AuditEntry.objects.get(act=audited)
    assert (str(entry.operator), entry.origin, entry.address) == ("chen", "console", "192.0.2.99")
    assert entry.target == fleet.plain.target


def test_an_act_on_a_device_deleted_meanwhile_is_not_found(console: Client, fleet: Fleet) -> None:
    url = fleet.plain.get_absolute_url()
    console.post(f"{url}delete/")
    for act in ("disable", "reset", "clear", "switch", "secret", "parameters"):
        assert console.post(f"{url}{act}/").status_code == 404
