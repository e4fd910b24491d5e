"""The drill for a leaked ProductSecret and the way out of a finding, in a real browser."""

import pytest
from playwright.sync_api import expect

from devices.models import Device
from findings.models import Finding, FindingState
from operators.sms.memory import Message
from products.models import Product
from tests.console.browser import Visit
from tests.console.seed import Fleet
from tests.operators.people import code_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_one_code_closes_and_rotates_then_what_registered_is_disabled_together(
    visit: Visit, fleet: Fleet, outbox: list[Message]
) -> None:
    before = fleet.lamp.product_secret
    page = visit.open(fleet.lamp.get_absolute_url())
    page.get_by_role("link", name="Secret leaked?").click()
    page.get_by_role("link", name="Do both with one code").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Send code to +86 ••• 1234").click()
    field = dialog.get_by_label("Six-digit code")
    expect(field).to_be_focused()
    field.fill(code_in(outbox[-1]))
    dialog.get_by_role("button", name="Confirm").first.click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("No new device can register.")).to_be_visible()
    product = Product.objects.get(pk=fleet.lamp.pk)
    assert not product.dynamic_registration
    assert product.product_secret != before

    # Six lamps registered; the person knows one of them.
    page.get_by_label("Select all devices on this page").check()
    page.get_by_label("Select lamp-0001").uncheck()
    page.get_by_role("button", name="Disable").click()
    dialog.get_by_role("button", name="Disable").click()
    expect(page.locator("#toasts")).to_contain_text("Disabled 5 devices")
    disabled = Device.objects.filter(product=product, enabled=False)
    assert not disabled.filter(device_name="lamp-0001").exists()
    assert disabled.count() == 5
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#leaked-list")).not_to_contain_text("Disabled")
    assert not disabled.exists()


def test_a_finding_is_compared_dismissed_with_a_reason_and_taken_back(
    visit: Visit, fleet: Fleet
) -> None:
    page = visit.open("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Findings").click()
    page.get_by_role("link", name="Multiple ClientIDs").click()
    sides = page.get_by_role("table")
    expect(sides.get_by_role("columnheader")).not_to_have_count(1)
    expect(sides.get_by_role("row").filter(has_text="Address")).to_be_visible()
    page.get_by_role("link", name="Dismiss").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("A test bench with four units")
    dialog.get_by_role("button", name="Dismiss").click()
    expect(page.locator("main")).to_contain_text("A test bench with four units")
    finding = Finding.objects.get(device=fleet.cloned)
    assert finding.state == FindingState.DISMISSED
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("main")).not_to_contain_text("A test bench with four units")
    finding.refresh_from_db()
    assert finding.state == FindingState.OPEN
