"""The drill for a leaked ProductSecret: close, rotate, look, cut off."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from devices.models import Device
from devices.operations.manage import set_enabled
from devices.operations.refusal import Refused
from logs.reasons import Reason
from operators.actor import SHELL
from operators.confirmation import Confirmed
from operators.models import AuditEntry
from operators.sms.memory import Message
from products.models import Product
from registration.operations.secret_leak import leak_purpose, stop_leak
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.factories import issued_client_id, make_product, register_one
from tests.operators.people import code_in

CONFIRMATION, DIALOG = htmx("confirmation"), htmx("dialog-body")


def url_of(product: Product, **query: str) -> str:
    tail = f"?{urlencode(query)}" if query else ""
    return f"{product.get_absolute_url()}secret-leaked/{tail}"


def listed(client: Client, url: str) -> str:
    return text(by_id(tree(client.get(url)), "leaked-list"))


def age(device_name: str, **ago: float) -> None:
    devices = Device.objects.filter(device_name=device_name)
    devices.update(registered_at=datetime.now(UTC) - timedelta(**ago))


# --- close and rotate ------------------------------------------------------------------------
@pytest.mark.django_db
def test_both_steps_happen_together_and_each_is_audited() -> None:
    old = make_product()
    new = stop_leak(old, confirmed=Confirmed.by_shell(leak_purpose(old)))
    assert not new.dynamic_registration
    assert new.product_secret != old.product_secret
    assert new.previous_secret_sealed == ""
    assert register_one(old, "lamp-0001") == Refused(Reason.BAD_SIGNATURE)
    assert register_one(new, "lamp-0001") == Refused(Reason.DYNAMIC_REGISTRATION_OFF)
    acts = AuditEntry.objects.filter(target=old.target).order_by("pk").values_list("act", flat=True)
    assert list(acts)[-2:] == ["product.dynamic_registration", "product.rotate_secret"]


def test_one_code_does_both(console: Client, fleet: Fleet, outbox: list[Message]) -> None:
    url = url_of(fleet.lamp) + "stop/"
    dialog = text(tree(console.get(url, headers=DIALOG)))
    assert "turn off Dynamic Registration for product Smart_Lamp" in dialog
    assert "rotate its ProductSecret; the old one stops working now" in dialog
    console.post(url, {"action": "send"}, headers=CONFIRMATION)
    form = {"action": "confirm", "method": "sms", "code": code_in(outbox[-1])}
    response = console.post(url, form, headers=CONFIRMATION)
    assert json.loads(response.headers["HX-Location"])["path"] == url_of(fleet.lamp)
    now = Product.objects.get(pk=fleet.lamp.pk)
    assert (now.dynamic_registration, now.secret_version) == (False, 2)
    page = text(tree(console.get(url_of(fleet.lamp))))
    assert "No new device can register." in page
    assert "Version 2, rotated now" in page


def test_the_same_code_cuts_off_what_was_registered(
    console: Client, fleet: Fleet, outbox: list[Message]
) -> None:
    """It says who sits there, so the acts on devices ask for no other for a while."""
    url = url_of(fleet.lamp) + "stop/"
    console.post(url, {"action": "send"}, headers=CONFIRMATION)
    form = {"action": "confirm", "method": "sms", "code": code_in(outbox[-1])}
    console.post(url, form, headers=CONFIRMATION)
    page = tree(console.get(url_of(fleet.lamp)))
    button = by_id(page, "bulk-clear")
    hidden = {
        attribute(e, "name") or "": attribute(e, "value") or ""
        for e in walk(by_id(page, "bulk"))
        if attribute(e, "type") == "hidden"
    }
    query = urlencode({**hidden, "all": "on"})
    act = f"{attribute(button, 'formaction')}?{query}"
    dialog = tree(console.get(act, headers=DIALOG))
    assert "6 devices" in text(dialog)
    assert "Send code" not in text(dialog)
    console.post(act, {"count": "6"}, headers=DIALOG)
    lamps = Device.objects.filter(product=fleet.lamp)
    assert set(lamps.values_list("secret_blocked", flat=True)) == {True}
    assert not Device.objects.exclude(product=fleet.lamp).filter(secret_blocked=True).exists()


# --- the list --------------------------------------------------------------------------------
def test_it_lists_what_was_registered_in_the_last_week_and_how(
    console: Client, fleet: Fleet
) -> None:
    age("lamp-0001", days=8)
    shown = listed(console, url_of(fleet.lamp))
    assert "lamp-0001" not in shown
    assert "5 devices were registered since then." in shown
    for words in ("lamp-0002", "regnwl", "192.0.2.7", "version 1 (current)"):
        assert words in shown
    assert "meter" not in shown


def test_another_moment_stands_in_the_url(console: Client, fleet: Fleet) -> None:
    age("lamp-0001", days=8)
    age("lamp-0002", hours=2)
    early = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    assert "lamp-0001" in listed(console, url_of(fleet.lamp, since=early))
    late = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert "lamp-0002" not in listed(console, url_of(fleet.lamp, since=late))


def test_what_is_no_moment_is_told(console: Client, fleet: Fleet) -> None:
    page = text(tree(console.get(url_of(fleet.lamp, since="soon"))))
    assert "Enter a valid date/time." in page


def test_a_selection_of_all_is_exactly_what_is_listed(console: Client, fleet: Fleet) -> None:
    age("lamp-0001", days=8)
    bar = by_id(tree(console.get(url_of(fleet.lamp))), "bulk")
    hidden = {attribute(e, "name"): attribute(e, "value") for e in walk(bar)}
    assert hidden["product"] == fleet.lamp.product_key
    count = console.get(f"{reverse('devices:bulk_count')}?{attribute(bar, 'data-filter')}")
    assert "5" in text(tree(count))


def test_the_state_follows_what_was_done(console: Client, fleet: Fleet) -> None:
    set_enabled(SHELL, fleet.lamp.product_key, "lamp-0002", enabled=False)
    assert "Disabled" in listed(console, url_of(fleet.lamp))


def test_a_product_without_registrations_says_so(console: Client, fleet: Fleet) -> None:
    assert "Nothing was registered since then." in listed(console, url_of(fleet.meter))


def test_the_product_page_leads_here(console: Client, fleet: Fleet) -> None:
    page = tree(console.get(fleet.lamp.get_absolute_url()))
    assert attribute(by_id(page, "secret-leaked"), "href") == url_of(fleet.lamp)


def test_a_viewer_may_look_and_not_act(viewing: Client, fleet: Fleet) -> None:
    page = tree(viewing.get(url_of(fleet.lamp)))
    ids = {attribute(e, "id") for e in walk(page)}
    assert "lamp-0002" in text(page)
    assert not ids & {"bulk", "leak-stop", "leak-off", "leak-rotate-only"}
    assert viewing.get(url_of(fleet.lamp) + "stop/").status_code == 403


def test_the_list_as_csv_is_audited_and_safe_to_open(console: Client, fleet: Fleet) -> None:
    issued_client_id(fleet.lamp, "@SUM.A1")
    response = console.post(url_of(fleet.lamp) + "export/")
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    lines = body.splitlines()
    assert lines[0].endswith(
        "DeviceName,State,Registered (UTC),Address,authType,SDK,ProductSecret version"
    )
    assert lines[1].startswith("'@SUM.A1,Inactive,")
    assert len(lines) == 8
    entry = AuditEntry.objects.get(act="product.export")
    assert entry.target == fleet.lamp.target
    assert console.get(url_of(fleet.lamp) + "export/").status_code == 405


def test_a_page_costs_the_same_however_many_were_registered(
    console: Client, fleet: Fleet, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        issued_client_id(fleet.lamp, f"more-{number:04}")
    with django_assert_max_num_queries(9):
        console.get(url_of(fleet.lamp))
