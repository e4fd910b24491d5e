"""Dialogs, forms and what follows them, in a real browser."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from devices.models import ClientBinding, Device
from operators.sms.memory import Message
from products.models import Product
from tests.console.browser import Visit
from tests.console.seed import Fleet
from tests.operators.people import PASSWORD, code_in, other_than

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.name"))


def mark(page: Page) -> None:
    """A reload would lose this mark."""
    page.evaluate("window.sameDocument = true")


def same_document(page: Page) -> bool:
    return bool(page.evaluate("window.sameDocument === true"))


def test_the_switch_moves_only_when_the_server_has_said_yes(
    visit: Visit, fleet: Fleet, outbox: list[Message]
) -> None:
    page = visit.open(fleet.meter.get_absolute_url())
    switch, dialog = page.get_by_role("switch"), page.get_by_role("dialog")
    mark(page)
    switch.click()
    expect(dialog).to_contain_text("Turn on Dynamic Registration")
    expect(dialog.get_by_label("Open", exact=True)).to_be_focused()
    dialog.get_by_role("button", name="Continue").click()
    dialog.get_by_role("button", name="Send code to +86 ••• 1234").click()
    field = dialog.get_by_label("Six-digit code")
    expect(field).to_be_focused()
    code = code_in(outbox[-1])
    field.fill(other_than(code))
    field.press("Enter")
    expect(dialog).to_contain_text("Wrong code. 4 tries left.")
    assert switch.get_attribute("aria-checked") == "false"
    field.fill(code)
    field.press("Enter")
    expect(dialog).to_be_hidden()
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.locator(".toast")).to_contain_text("Turned on Dynamic Registration")
    assert same_document(page)
    assert focused(page) == "registration-switch"
    assert Product.objects.get(pk=fleet.meter.pk).dynamic_registration


def test_a_moment_typed_in_ones_own_zone_is_the_one_at_which_it_closes(
    visit: Visit, fleet: Fleet, outbox: list[Message]
) -> None:
    page = visit.open(fleet.meter.get_absolute_url(), zone="Asia/Shanghai")
    page.reload()  # the first page has told the browser's zone
    page.get_by_role("switch").click()
    dialog = page.get_by_role("dialog")
    moment = dialog.get_by_label("Closes at")
    expect(moment).to_be_hidden()
    dialog.get_by_label("Open", exact=True).select_option("until")
    wanted = (datetime.now(UTC) + timedelta(days=2)).replace(second=0, microsecond=0)
    moment.fill(f"{wanted + timedelta(hours=8):%Y-%m-%dT%H:%M}")
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog).to_contain_text(f"until {wanted:%Y-%m-%d %H:%M} UTC")
    dialog.get_by_role("link", name="Back").click()
    expect(moment).to_have_value(f"{wanted + timedelta(hours=8):%Y-%m-%dT%H:%M}")
    dialog.get_by_role("button", name="Continue").click()
    dialog.get_by_role("button", name="Send code to +86 ••• 1234").click()
    field = dialog.get_by_label("Six-digit code")
    expect(field).to_be_focused()
    field.fill(code_in(outbox[-1]))
    field.press("Enter")
    expect(dialog).to_be_hidden()
    assert Product.objects.get(pk=fleet.meter.pk).registration_closes_at == wanted


def test_escape_changes_nothing_and_gives_the_focus_back(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.meter.get_absolute_url())
    switch, dialog = page.get_by_role("switch"), page.get_by_role("dialog")
    switch.focus()
    page.keyboard.press("Space")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(switch).to_be_focused()
    expect(switch).to_have_attribute("aria-checked", "false")


def test_the_focus_stays_inside_an_open_dialog(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.cloned.get_absolute_url())
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    inside = "document.activeElement.closest('dialog') || document.activeElement === document.body"
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(f"Boolean({inside})")


def test_a_product_is_created_after_its_name_was_corrected(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/products/")
    mark(page)
    page.get_by_role("link", name="Create Product").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label("Product Name")
    expect(name).to_be_focused()
    dialog.get_by_label("Product Description").fill("Kept as typed")
    name.fill("abc")
    name.press("Enter")
    expect(dialog).to_contain_text("A product name has 4 to 30 characters")
    expect(name).to_be_focused()
    expect(dialog.get_by_label("Product Description")).to_have_value("Kept as typed")
    name.fill("Smart_Fan")
    name.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Smart_Fan")).to_be_visible()
    expect(page).to_have_url(re.compile(Product.objects.get(name="Smart_Fan").product_key))
    expect(page).to_have_title(re.compile("Smart_Fan"))
    assert same_document(page)


def test_the_list_knows_an_added_device_when_its_certificate_is_closed(
    visit: Visit, fleet: Fleet
) -> None:
    page = visit.open(f"/devices/?product={fleet.meter.product_key}")
    mark(page)
    page.get_by_role("link", name="Add Device").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("DeviceName").fill("meter-0100")
    dialog.get_by_role("button", name="OK").click()
    expect(dialog).to_contain_text("View Device Certificate")
    expect(dialog).to_contain_text(Device.objects.get(device_name="meter-0100").device_secret)
    page.keyboard.press("Escape")
    expect(page.locator("#device-list")).to_contain_text("meter-0100")
    assert same_document(page)


def test_switch_keeps_one_and_the_page_says_what_follows(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.cloned.get_absolute_url())
    page.get_by_role("link", name="Switch").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio")).to_have_count(4)
    expect(dialog.get_by_role("radio", checked=True)).to_have_count(0)
    dialog.get_by_role("button", name="OK").click()
    expect(dialog).to_be_visible()
    kept = dialog.get_by_role("radio").first
    expect(kept).to_be_focused()
    page.keyboard.press("Space")
    expect(kept).to_be_checked()
    client_id = kept.get_attribute("value")
    dialog.get_by_role("button", name="OK").click()
    expect(page.locator("#live")).to_contain_text("Allow registration again")
    live = ClientBinding.objects.filter(device=fleet.cloned, voided_at__isnull=True)
    assert [binding.client_id for binding in live] == [client_id]


def test_a_secret_appears_in_place_and_is_gone_after_a_reload(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.lamp.get_absolute_url())
    page.get_by_role("button", name="View ProductSecret").click()
    expect(page.locator("#secret")).to_contain_text(fleet.lamp.product_secret)
    assert fleet.lamp.product_secret not in page.url
    page.reload()
    expect(page.locator("#secret")).to_contain_text("••••")


def test_going_back_shows_no_secret_the_browser_kept(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.lamp.get_absolute_url())
    page.get_by_role("button", name="View ProductSecret").click()
    expect(page.locator("#secret")).to_contain_text(fleet.lamp.product_secret)
    stored = "JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})"
    assert fleet.lamp.product_secret not in str(page.evaluate(stored))


def test_copying_takes_the_whole_value(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.lamp.get_absolute_url())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy ProductKey").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == fleet.lamp.product_key


def test_a_lost_session_returns_to_the_same_page_after_sign_in(visit: Visit, fleet: Fleet) -> None:
    url = fleet.cloned.get_absolute_url() + "log/"
    page = visit.open(url)
    page.context.clear_cookies()
    page.get_by_role("link", name="Disable").click()
    page.get_by_label("Username").fill("chen")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(re.escape(url)))
    expect(page.get_by_role("heading", level=1)).to_have_text("lamp-0007")


def test_a_refusal_of_the_server_is_told_in_a_toast(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.plain.get_absolute_url())
    Device.objects.filter(pk=fleet.plain.pk).delete()
    page.get_by_role("link", name="Reset").click()
    expect(page.locator(".toast")).to_contain_text("has no device meter-A4:CF:12")


def test_a_server_out_of_reach_is_told_in_a_toast(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.plain.get_absolute_url())
    page.route("**/reset/", lambda route: route.abort())
    page.get_by_role("link", name="Reset").click()
    expect(page.locator(".toast")).to_contain_text("Nothing was changed")
    visit.problems.clear()  # Chromium complains about the request the test itself broke off


def test_everything_works_without_scripts(visit: Visit, fleet: Fleet) -> None:
    page = visit.open("/products/", scripts=False)
    page.get_by_role("link", name="Create Product").click()
    page.get_by_label("Product Name").fill("Smart_Fan")
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("heading", level=1, name="Smart_Fan")).to_be_visible()
    expect(page.locator("[data-toast]")).to_contain_text("Created product Smart_Fan")
    page.get_by_role("button", name="View ProductSecret").click()
    expect(page.locator("#secret .copy")).to_have_count(1)
