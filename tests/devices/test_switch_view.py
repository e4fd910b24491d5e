import json

import pytest
from django.test import Client
from django.test.html import Element

from devices.models import ClientBinding, Device
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet

DIALOG = htmx("dialog-body")


def url_of(device: Device) -> str:
    return device.get_absolute_url() + "switch/"


def live_ids(device: Device) -> list[str]:
    live = ClientBinding.objects.filter(device=device, voided_at__isnull=True)
    return list(live.order_by("pk").values_list("client_id", flat=True))


def test_lists_every_live_client_id_with_what_helps_to_choose(
    console: Client, fleet: Fleet
) -> None:
    dialog = by_id(tree(console.get(url_of(fleet.cloned), headers=DIALOG)), "dialog-body")
    radios = [e for e in walk(dialog) if attribute(e, "type") == "radio"]
    assert [attribute(e, "value") for e in radios] == live_ids(fleet.cloned)
    shown = text(dialog)
    assert shown.count("192.0.2.8") == shown.count("sdk-c-4.2.0") == 3  # one never connected
    assert "never" in shown


def radios_of(dialog: Element) -> list[Element]:
    return [e for e in walk(dialog) if attribute(e, "type") == "radio"]


def test_marks_the_current_one_and_picks_none(console: Client, fleet: Fleet) -> None:
    """While clones kick each other the current one alternates."""
    dialog = by_id(tree(console.get(url_of(fleet.cloned))), "dialog-body")
    radios = radios_of(dialog)
    assert not [e for e in radios if "checked" in dict(e.attributes)]
    assert all("required" in dict(e.attributes) for e in radios), "the browser asks for a choice"
    assert "autofocus" in dict(radios[0].attributes), "the keyboard begins at the choice"
    assert text(dialog).count("current") == 1


def test_one_client_id_alone_is_not_picked_either(console: Client, fleet: Fleet) -> None:
    one = Device.objects.get(device_name="lamp-0001")
    dialog = by_id(tree(console.get(url_of(one))), "dialog-body")
    assert [len(dict(e.attributes).keys() & {"checked"}) for e in radios_of(dialog)] == [0]


def test_each_row_leads_to_the_log_of_its_client_id(console: Client, fleet: Fleet) -> None:
    dialog = by_id(tree(console.get(url_of(fleet.cloned))), "dialog-body")
    links = [attribute(e, "href") or "" for e in walk(dialog) if text(e) == "Log Service"]
    links = [link for link in links if link]
    assert links == [f"/logs/?client={each}" for each in live_ids(fleet.cloned)]
    shown = text(by_id(tree(console.get(links[0])), "log-list"))
    assert live_ids(fleet.cloned)[0] in shown
    assert live_ids(fleet.cloned)[1] not in shown


def test_says_what_happens_to_the_others(console: Client, fleet: Fleet) -> None:
    shown = text(tree(console.get(url_of(fleet.cloned))))
    assert "will be disconnected and blocked" in shown
    assert "Registration under lamp-0007 will be blocked until you allow it again" in shown


def test_keeps_the_one_picked_and_shows_the_device(console: Client, fleet: Fleet) -> None:
    kept = live_ids(fleet.cloned)[0]
    response = console.post(url_of(fleet.cloned), {"client_id": kept}, headers=DIALOG)
    assert json.loads(response.headers["HX-Location"])["path"] == fleet.cloned.get_absolute_url()
    assert live_ids(fleet.cloned) == [kept]
    page = text(tree(console.get(fleet.cloned.get_absolute_url())))
    assert "Switched lamp-0007" in page
    assert "Allow registration again" in page


def test_a_client_id_that_is_gone_meanwhile_is_refused_beside_the_list(
    console: Client, fleet: Fleet
) -> None:
    page = tree(console.get(url_of(fleet.cloned)))
    answer = console.post(url_of(fleet.cloned), {"client_id": "gone"}, headers=DIALOG)
    assert answer.status_code == 422
    swap(page, tree(answer), "dialog-body")
    assert "no longer in use" in text(by_id(page, "dialog-body"))
    assert len(live_ids(fleet.cloned)) == 4


@pytest.mark.parametrize("form", [{}, {"client_id": ""}], ids=["absent", "empty"])
def test_picking_nothing_is_refused_beside_the_choice(
    console: Client, fleet: Fleet, form: dict[str, str]
) -> None:
    answer = console.post(url_of(fleet.cloned), form, headers=DIALOG)
    assert answer.status_code == 422
    dialog = by_id(tree(answer), "dialog-body")
    assert text(by_id(dialog, "id_client_id_error")) == "Choose the ClientID to keep."
    told = {attribute(e, "aria-describedby") for e in radios_of(dialog)}
    assert told == {"id_client_id_error"}
    assert not [e for e in radios_of(dialog) if "checked" in dict(e.attributes)]
    assert len(live_ids(fleet.cloned)) == 4


def test_another_devices_client_id_is_refused(console: Client, fleet: Fleet) -> None:
    other = Device.objects.get(device_name="lamp-0001")
    form = {"client_id": live_ids(other)[0]}
    assert console.post(url_of(fleet.cloned), form).status_code == 422
    assert len(live_ids(fleet.cloned)) == 4
