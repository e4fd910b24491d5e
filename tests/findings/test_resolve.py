"""Findings close when their cause has gone."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from devices.models import ClientBinding, Device
from devices.operations import manage
from findings.detect import detect
from findings.models import Finding, FindingState
from findings.resolve import resolve
from findings.scan import survey
from operators.actor import SHELL
from tests.factories import connect_by_token, issued_client_id, make_device, make_product
from tests.findings.sights import AWAY, HOME, NOON, kicked, live, minutes, online

pytestmark = pytest.mark.django_db

LATER = minutes(60)


def cloned() -> tuple[Device, str]:
    """A device with two ClientIDs that kick each other; the first one's ClientID."""
    product = make_product()
    one, two = (issued_client_id(product, "lamp-0001", now=minutes(0)) for _ in range(2))
    device = Device.objects.select_related("product").get()
    for number in range(6):
        kicked(device, number, client_id=(one, two)[number % 2].client_id)
    detect(LATER)
    assert live() == ["client_ids", "flapping"]
    return device, one.client_id


def keep_one(device: Device, client_id: str) -> None:
    manage.switch(SHELL, device.product.product_key, device.device_name, client_id)


def void_all(device: Device, _: str) -> None:
    manage.clear(SHELL, device.product.product_key, device.device_name)


def turn_off(device: Device, _: str) -> None:
    manage.set_enabled(SHELL, device.product.product_key, device.device_name, enabled=False)


def take_away(device: Device, _: str) -> None:
    manage.delete_device(SHELL, device.product.product_key, device.device_name)


@pytest.mark.parametrize("act", [keep_one, void_all, turn_off, take_away])
def test_what_an_operator_does_about_clones_resolves_their_findings(
    act: Callable[[Device, str], None],
) -> None:
    device, client_id = cloned()
    assert resolve(LATER) == 0
    act(device, client_id)
    assert resolve(LATER) == 2
    assert live() == []
    assert not Finding.objects.filter(closed_by__isnull=False).exists()


def test_after_a_resolved_one_the_same_sign_makes_another() -> None:
    device, client_id = cloned()
    keep_one(device, client_id)
    resolve(LATER)
    for number in range(5):
        kicked(device, 70 + number, client_id=client_id)
    detect(minutes(90))
    assert live() == ["flapping"]
    assert Finding.objects.filter(kind="flapping").count() == 2


def shared(device: Device, client_id: str) -> None:
    for at, address in ((0, HOME), (2, AWAY), (3, HOME)):
        online(device, at, address, client_id)
    detect(LATER)
    assert live() == ["shared"]


def test_a_shared_token_is_no_longer_when_its_client_id_is_void() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001", now=minutes(0))
    device = Device.objects.select_related("product").get()
    shared(device, issued.client_id)
    keep_one(device, issued.client_id)  # that one is what the two share
    assert resolve(LATER) == 0
    void_all(device, "")
    assert resolve(LATER) == 1


def test_a_shared_device_secret_is_no_longer_when_it_is_blocked() -> None:
    device = make_device(make_product())
    shared(device, "")
    assert resolve(LATER) == 0
    void_all(device, "")
    assert resolve(LATER) == 1


def test_flapping_that_stopped_is_resolved_after_a_week() -> None:
    device = make_device(make_product())
    for number in range(5):
        kicked(device, number)
    detect(LATER)
    assert resolve(NOON + timedelta(days=6)) == 0
    assert resolve(NOON + timedelta(days=8)) == 1


def test_a_client_id_that_connects_at_last_is_resolved() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001", now=NOON)
    survey(NOON + timedelta(hours=25))
    assert resolve(NOON + timedelta(hours=25)) == 0
    connect_by_token(product, "lamp-0001", issued)
    assert ClientBinding.objects.get().first_connected_at
    assert resolve(NOON + timedelta(hours=26)) == 1


def test_a_dismissed_one_is_resolved_too() -> None:
    device, client_id = cloned()
    Finding.objects.update(state=FindingState.DISMISSED)
    keep_one(device, client_id)
    assert resolve(LATER) == 2
