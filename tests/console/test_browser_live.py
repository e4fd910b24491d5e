"""Live updates of pages in a real browser."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from devices.models import ClientBinding, Device, Session
from tests.console.browser import Visit
from tests.console.logged import logged
from tests.console.seed import Fleet
from tests.factories import connect_by_secret, connect_by_token, issued_client_id, make_device

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_device_that_comes_online_shows_in_its_row_and_moves_nothing(
    visit: Visit, fleet: Fleet
) -> None:
    for number in range(40):
        make_device(fleet.meter, f"extra-{number:04}")
    page = visit.open("/devices/")
    device = Device.objects.select_related("product").get(device_name="meter-0002@east.hall")
    row = page.locator(f"#state-{device.pk}")
    row.scroll_into_view_if_needed()
    top = row.bounding_box()
    assert top
    make_device(fleet.lamp, "newcomer")
    connect_by_secret(device)
    expect(row).to_have_text("Online")
    expect(page.locator("#total-all")).to_contain_text("49")
    moved = row.bounding_box()
    assert moved
    assert (moved["x"], moved["y"]) == (top["x"], top["y"])
    expect(page.locator("#device-list")).not_to_contain_text("newcomer")


def test_the_head_and_the_client_id_of_a_device_follow_it(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.cloned.get_absolute_url())
    expect(page.locator("#device-head")).to_contain_text("Online")
    Session.objects.filter(device=fleet.cloned).update(ended_at=timezone.now())
    ClientBinding.objects.filter(device=fleet.cloned).update(voided_at=timezone.now())
    expect(page.locator("#device-head")).to_contain_text("Offline")
    expect(page.locator("#live")).to_contain_text("none issued")


def test_the_focus_survives_a_live_look(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.cloned.get_absolute_url())
    page.locator("#switch").focus()
    Session.objects.filter(device=fleet.cloned).update(ended_at=timezone.now())
    expect(page.locator("#device-head")).to_contain_text("Offline")
    expect(page.locator("#switch")).to_be_focused()


def test_new_log_entries_wait_behind_a_chip(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/logs/")
    newest = page.locator(".log details").first
    newest.locator("summary").click()
    expect(newest).to_have_attribute("open", "")
    for _ in range(3):
        logged("bad_signature", device_name="newcomer")
    chip = page.get_by_role("link", name="3 new")
    expect(chip).to_be_visible()
    expect(newest).to_have_attribute("open", "")
    expect(page.locator(".log")).not_to_contain_text("newcomer")
    chip.click()
    expect(page.locator(".log details").first).to_contain_text("newcomer")
    expect(chip).to_be_hidden()


def test_the_panel_follows_a_device_and_then_rests(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.lamp.get_absolute_url() + "connect/")
    panel = page.locator("#watch")
    expect(panel).to_contain_text("Waiting for a device")
    logged("bad_signature", product_key=fleet.lamp.product_key, device_name="lamp-0900")
    expect(panel).to_contain_text("lamp-0900 was refused: Signature check failed")
    issued = issued_client_id(fleet.lamp, "lamp-0900")
    expect(panel).to_contain_text("Registered lamp-0900")
    connect_by_token(fleet.lamp, "lamp-0900", issued)
    expect(panel).to_contain_text("lamp-0900 is connected")
    assert panel.get_attribute("data-poll") is None


def test_filters_follow_the_typing_and_stand_in_the_url(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/devices/")
    box = page.get_by_label("Name or ID begins with")
    box.press_sequentially("meter-A4:")
    expect(page.locator("#device-list tbody tr")).to_have_count(1)
    expect(box).to_be_focused()
    expect(page).to_have_url(re.compile(r"/devices/\?name=meter-A4%3A$"))
    page.get_by_label("State").select_option("offline")
    expect(page.locator("#device-list")).to_contain_text("No device matches")
    page.go_back()
    expect(page.locator("#device-list tbody tr")).to_have_count(1)
    expect(page.get_by_label("State")).to_have_value("")
