"""The code that dangerous acts ask for, in a real browser."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from devices.models import Device
from operators.models import Operator
from operators.sms.memory import Message
from tests.console.browser import Visit
from tests.console.fixtures import confirmed
from tests.console.seed import Fleet
from tests.operators.people import PASSWORD, code_in, other_than

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def visit(visit: Visit, unconfirmed: Client) -> Visit:
    """Chen, who has not confirmed yet."""
    forget_the_code(unconfirmed)
    return visit


def forget_the_code(client: Client) -> None:
    """As if it had been typed long ago."""
    session = client.session
    del session["identity_confirmed"]
    session.save()


def type_code(page: Page, outbox: list[Message]) -> None:
    page.get_by_role("button", name="Send code to +86 ••• 1234").click()
    field = page.get_by_label("Six-digit code")
    expect(field).to_be_focused()
    field.fill(other_than(code_in(outbox[-1])))
    field.press("Enter")
    expect(page.get_by_text("Wrong code. 4 tries left.")).to_be_visible()
    expect(field).to_be_focused()
    field.fill(code_in(outbox[-1]))
    field.press("Enter")


def test_a_code_then_the_dialog_then_the_next_act_without_a_code(
    visit: Visit, fleet: Fleet, outbox: list[Message]
) -> None:
    page = visit.open(fleet.plain.get_absolute_url())
    dialog = page.get_by_role("dialog")
    page.get_by_role("link", name="Reset").click()
    expect(dialog).to_contain_text("Confirm that it is you")
    type_code(page, outbox)
    expect(dialog).to_contain_text("gets the same DeviceSecret")
    dialog.get_by_role("button", name="Reset").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".toast")).to_contain_text("it can register again")
    assert Device.objects.get(pk=fleet.plain.pk).claimed_at is None
    page.get_by_role("link", name="Delete").click()
    expect(dialog).to_contain_text("cannot be restored")
    assert len(outbox) == 1


def test_a_secret_appears_in_its_place_after_the_code(
    visit: Visit, fleet: Fleet, outbox: list[Message]
) -> None:
    page = visit.open(fleet.lamp.get_absolute_url())
    page.get_by_role("button", name="View ProductSecret").click()
    expect(page.get_by_role("dialog")).to_contain_text("Confirm that it is you")
    type_code(page, outbox)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#secret")).to_contain_text(fleet.lamp.product_secret)
    assert page.url.endswith(fleet.lamp.get_absolute_url())


def test_escape_reveals_nothing_and_gives_the_focus_back(visit: Visit, fleet: Fleet) -> None:
    page = visit.open(fleet.lamp.get_absolute_url())
    view = page.get_by_role("button", name="View ProductSecret")
    view.click()
    expect(page.get_by_role("dialog")).to_contain_text("Confirm that it is you")
    page.keyboard.press("Escape")
    expect(view).to_be_focused()
    expect(page.locator("#secret")).to_contain_text("••••")


def test_without_scripts_the_code_has_a_page_of_its_own(
    visit: Visit, fleet: Fleet, outbox: list[Message]
) -> None:
    page = visit.open(fleet.lamp.get_absolute_url(), scripts=False)
    page.get_by_role("button", name="View ProductSecret").click()
    page.get_by_role("button", name="Send code to +86 ••• 1234").click()
    page.get_by_label("Six-digit code").fill(code_in(outbox[-1]))
    page.get_by_role("button", name="Confirm").first.click()
    expect(page.locator("#secret")).to_contain_text(fleet.lamp.product_secret)


def test_undo_in_a_toast_asks_for_the_code_and_is_then_done(
    visit: Visit, unconfirmed: Client, chen: Operator, fleet: Fleet, outbox: list[Message]
) -> None:
    confirmed(unconfirmed, chen)
    page = visit.open(fleet.plain.get_absolute_url())
    dialog = page.get_by_role("dialog")
    page.get_by_role("link", name="Disable").click()
    dialog.get_by_role("button", name="Disable").click()
    undo = page.locator(".toast").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    forget_the_code(unconfirmed)
    undo.click()
    expect(dialog).to_contain_text("Confirm that it is you")
    assert not Device.objects.get(pk=fleet.plain.pk).enabled
    type_code(page, outbox)
    expect(dialog).to_be_hidden()
    expect(page.locator(".toast")).to_contain_text("Enabled 1 device.")
    assert Device.objects.get(pk=fleet.plain.pk).enabled


def test_devices_are_generated_once_the_code_was_typed(
    visit: Visit, fleet: Fleet, outbox: list[Message]
) -> None:
    page = visit.open(f"/devices/batches/new/?product={fleet.lamp.product_key}")
    before = Device.objects.count()
    page.get_by_label("Number of devices").fill("3")
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("dialog")).to_contain_text("Confirm that it is you")
    assert Device.objects.count() == before
    type_code(page, outbox)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Batch")
    assert Device.objects.count() == before + 3


def test_a_settings_page_asks_for_a_code_and_shows_its_form_then(
    visit: Visit, fleet: Fleet, outbox: list[Message]
) -> None:
    page = visit.open("/settings/backup-codes/")
    expect(page.get_by_label("Current password")).to_have_count(0)
    page.get_by_role("link", name="Enter a code").click()
    expect(page.get_by_role("dialog")).to_contain_text("Confirm that it is you")
    type_code(page, outbox)
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Create backup codes").click()
    expect(page.locator("ol.font-monospace li")).to_have_count(10)
    assert outbox[-1].text.startswith("IoT Device Console, account chen: Created 10 backup codes.")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_form_sent_after_the_code_has_expired_asks_for_another(
    visit: Visit, outbox: list[Message], *, scripts: bool
) -> None:
    page = visit.open("/settings/phone/", scripts=scripts)
    page.get_by_role("link", name="Enter a code").click()
    page.get_by_role("button", name="Send code to +86 ••• 1234").click()
    expect(page.get_by_text("The code is on its way.")).to_be_visible()
    page.get_by_label("Six-digit code").fill(code_in(outbox[-1]))
    page.get_by_role("button", name="Confirm").first.click()
    page.get_by_label("Phone number").fill("+8613600001111")
    page.get_by_label("Current password").fill(PASSWORD)
    Operator.objects.update(factor_epoch=9)
    page.get_by_role("button", name="Send code").click()
    expect(page.get_by_text("Confirm that it is you").first).to_be_visible()
    assert len(outbox) == 1
