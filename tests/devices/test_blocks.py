"""Blocks by Switch and Clear: which actions keep, lift or remove them, and say so."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from devices.models import Device
from devices.operations import manage, manage_many
from operators.actor import SHELL
from products.models import Product
from protocol.validators import RegistrationMode
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.factories import issued_client_id, make_device, make_product, register_one
from tests.shell import answer, words

DIALOG = htmx("dialog-body")
KEPT = "stays blocked"
LIFTED = "Reset lifts the block on"
REMOVED = "also removes the block on registration"
pytestmark = pytest.mark.django_db

Act = Callable[[Device], object]


def name(device: Device) -> tuple[str, str]:
    return device.product.product_key, device.device_name


def again(device: Device) -> Device:
    return Device.objects.get(pk=device.pk)


def switched(product: Product, device_name: str = "lamp-0001") -> Device:
    """Two clones, of which one was kept."""
    kept = issued_client_id(product, device_name)
    issued_client_id(product, device_name)
    device = Device.objects.select_related("product").get(device_name=device_name)
    manage.switch(SHELL, *name(device), kept.client_id)
    return again(device)


def kept_client_id(device: Device) -> str:
    return device.bindings.get(voided_at__isnull=True).client_id


ACTS: dict[str, Act] = {
    "clear": lambda d: manage.clear(SHELL, *name(d)),
    "clear and refuse": lambda d: manage.clear(SHELL, *name(d), refuse_registration=True),
    "clear many": lambda d: manage_many.clear(SHELL, [d.pk]),
    "switch": lambda d: manage.switch(SHELL, *name(d), kept_client_id(d)),
    "reset": lambda d: manage.reset(SHELL, *name(d)),
    "reset many": lambda d: manage_many.reset(SHELL, [d.pk]),
    "disable and enable": lambda d: [
        manage.set_enabled(SHELL, *name(d), enabled=enabled) for enabled in (False, True)
    ],
    "disable and enable many": lambda d: [
        manage_many.set_enabled(SHELL, [d.pk], enabled=enabled) for enabled in (False, True)
    ],
    "alias": lambda d: manage.set_nickname(SHELL, *name(d), "hall lamp"),
    "shell clear": lambda d: answer("device", "clear", *name(d)),
    "shell reset": lambda d: answer("device", "reset", *name(d)),
    "registering": lambda d: register_one(d.product, d.device_name, RegistrationMode.REGNWL),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_no_act_but_allowing_lifts_a_block_on_registration(act: Act) -> None:
    device = switched(make_product())
    act(device)
    assert again(device).registration_refused
    outcome = register_one(device.product, device.device_name, RegistrationMode.REGNWL)
    assert getattr(outcome, "reason", "") == "registration_refused"
    manage.allow_registration(SHELL, *name(device))
    assert not again(device).registration_refused


@pytest.mark.parametrize("act", [each for each in ACTS if "reset" not in each])
def test_no_act_but_reset_lifts_a_block_on_the_device_secret(act: str) -> None:
    device = switched(make_product())
    ACTS[act](device)
    assert again(device).secret_blocked


def test_clear_of_many_blocks_and_leaves_as_each_was() -> None:
    product = make_product()
    blocked, free = switched(product), make_device(product, "lamp-0002")
    manage_many.clear(SHELL, [blocked.pk, free.pk])
    assert (again(blocked).registration_refused, again(free).registration_refused) == (True, False)
    manage_many.clear(SHELL, [blocked.pk, free.pk], refuse_registration=True)
    assert again(free).registration_refused


# What the dialogs say


def shown(client: Client, url: str) -> str:
    return text(by_id(tree(client.get(url, headers=DIALOG)), "dialog-body"))


def block(device: Device, **columns: bool) -> None:
    Device.objects.filter(pk=device.pk).update(**(columns or {"registration_refused": True}))


def test_clear_keeps_a_block_and_says_that_nobody_can_register(
    console: Client, fleet: Fleet
) -> None:
    block(fleet.cloned)
    url = fleet.cloned.get_absolute_url() + "clear/"
    dialog = by_id(tree(console.get(url, headers=DIALOG)), "dialog-body")
    assert KEPT in text(dialog)
    assert "Block new registrations" not in text(dialog), "there is nothing to choose"
    console.post(url, {"typed": "lamp-0007"})
    assert again(fleet.cloned).registration_refused


def test_what_the_dialog_of_clear_says_holds_though_another_allows_it_meanwhile(
    console: Client, fleet: Fleet
) -> None:
    block(fleet.cloned)
    url = fleet.cloned.get_absolute_url() + "clear/"
    dialog = by_id(tree(console.get(url, headers=DIALOG)), "dialog-body")
    fields = [e for e in walk(dialog) if attribute(e, "name") == "refuse_registration"]
    sent = {"refuse_registration": attribute(fields[0], "value") or ""}
    block(fleet.cloned, registration_refused=False)
    console.post(url, {"typed": "lamp-0007", **sent})
    assert again(fleet.cloned).registration_refused


@pytest.mark.parametrize(
    ("on", "words"),
    [(True, "can register again under this DeviceName"), (False, "until it is turned on")],
)
def test_clear_of_what_is_not_blocked_says_whether_registering_is_possible(
    console: Client, fleet: Fleet, on: bool, words: str
) -> None:
    Product.objects.filter(pk=fleet.lamp.pk).update(dynamic_registration=on)
    told = shown(console, fleet.cloned.get_absolute_url() + "clear/")
    assert words in told
    assert "Block new registrations" in told
    assert KEPT not in told


def test_clear_says_that_a_window_that_has_ended_is_closed(console: Client, fleet: Fleet) -> None:
    Product.objects.filter(pk=fleet.lamp.pk).update(registration_closes_at=timezone.now())
    assert "until it is turned on" in shown(console, fleet.cloned.get_absolute_url() + "clear/")


def test_clear_of_a_preregistered_device_says_what_becomes_of_its_secret(
    console: Client, fleet: Fleet
) -> None:
    told = shown(console, fleet.plain.get_absolute_url() + "clear/")
    assert "The DeviceSecret is blocked until you reset the device." in told


def test_reset_says_which_block_it_lifts_and_which_stays(console: Client, fleet: Fleet) -> None:
    url = fleet.plain.get_absolute_url() + "reset/"
    assert LIFTED not in shown(console, url)
    block(fleet.plain, registration_refused=True, secret_blocked=True)
    told = shown(console, url)
    assert LIFTED in told
    assert KEPT in told
    page = console.post(url, follow=True)
    assert "it can register again" not in text(tree(page))
    assert again(fleet.plain).registration_refused
    assert not again(fleet.plain).secret_blocked


@pytest.mark.parametrize("column", ["registration_refused", "secret_blocked"])
def test_enable_says_that_it_lifts_no_block(console: Client, fleet: Fleet, column: str) -> None:
    url = fleet.plain.get_absolute_url() + "enable/"
    words = "What Switch or Clear has blocked stays blocked."
    assert words not in shown(console, url)
    block(fleet.plain, **{column: True})
    assert words in shown(console, url)


def test_delete_says_that_the_block_goes_with_the_device(console: Client, fleet: Fleet) -> None:
    url = fleet.cloned.get_absolute_url() + "delete/"
    assert REMOVED not in shown(console, url)
    block(fleet.cloned)
    assert REMOVED in shown(console, url)
    console.post(url)
    assert register_one(fleet.lamp, "lamp-0007", RegistrationMode.REGNWL) is not None
    assert not Device.objects.get(device_name="lamp-0007").registration_refused


MANY = {
    "clear": ("Registration stays blocked under 1 of these DeviceNames.", ""),
    "reset": (KEPT, "Reset lifts the block on 1 DeviceSecret"),
    "delete": ("removes the block on registration under 1 DeviceName", ""),
    "enable": ("What Switch or Clear has blocked stays blocked.", ""),
}


@pytest.mark.parametrize("act", MANY)
def test_acts_on_many_say_how_many_blocks_they_keep_lift_or_remove(
    console: Client, fleet: Fleet, act: str
) -> None:
    url = f"/devices/bulk-{act}/?all=on&product={fleet.lamp.product_key}"
    before = shown(console, url)
    block(fleet.cloned, registration_refused=True, secret_blocked=True)
    told = shown(console, url)
    for sentence in MANY[act]:
        assert sentence in told
        assert not sentence or sentence not in before


def test_clear_of_many_says_what_becomes_possible_for_those_not_blocked(
    console: Client, fleet: Fleet
) -> None:
    block(fleet.cloned)
    other = Device.objects.get(device_name="lamp-0001")
    url = f"/devices/bulk-clear/?ids={fleet.cloned.pk}.{other.pk}"
    told = shown(console, url)
    assert "those that are not blocked can register again while Dynamic Registration is on" in told
    console.post(url, {"count": "2"})
    assert (again(fleet.cloned).registration_refused, again(other).registration_refused) == (
        True,
        False,
    )


@pytest.mark.parametrize("act", ["clear", "reset", "delete", "enable"])
def test_of_too_many_to_count_it_is_said_in_general(
    console: Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    monkeypatch.setattr("devices.bulk_views.AT_ONCE", 2)
    told = shown(console, f"/devices/bulk-{act}/?all=on&product={fleet.lamp.product_key}")
    assert ("Where" in told and "is blocked" in told) or "has blocked stays blocked" in told


# What the shell says


def test_the_shell_says_what_is_possible_after_the_act() -> None:
    device = switched(make_product())
    told = words("device", "clear", *name(device))
    assert "Registering again is blocked until `device allow-registration`." in told
    assert "blocked until `device allow-registration`" in words("device", "reset", *name(device))
    assert "was blocked, and is not any more" in words("device", "delete", *name(device))
