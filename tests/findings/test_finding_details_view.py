"""One finding: evidence side by side, and what can be done about it."""

import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from devices.models import Device
from devices.operations import manage
from findings.detect import detect
from findings.models import Finding, FindingKind, FindingState
from findings.resolve import resolve
from operators.actor import SHELL
from operators.models import AuditEntry
from tests.console.dom import attribute, by_id, swap, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.factories import make_device, make_product
from tests.findings.sights import AWAY, HOME, minutes, online
from tests.operators.test_permissions_walk import limited_to


def shared() -> Finding:
    device = make_device(make_product(), "lamp-0001")
    for at, address, sdk in ((0, HOME, "4.2.0"), (2, AWAY, "1.2.13"), (3, HOME, "4.2.0")):
        online(device, at, address, sdk=sdk)
    detect(minutes(60))
    return Finding.objects.get(kind=FindingKind.SHARED)


def live(client: Client, finding: Finding) -> str:
    return text(by_id(tree(client.get(finding.get_absolute_url())), "live"))


def test_shows_both_parties_side_by_side_and_marks_what_differs(console: Client) -> None:
    told = live(console, shared())
    assert f"Address differs {HOME} {AWAY}" in told
    assert "SDK differs 4.2.0 1.2.13" in told
    assert "First seen 2026-11-20 12:00:00 2026-11-20 12:02:00" in told
    assert "Connections 2 1" in told
    assert "2 addresses in turn within 10 minutes." in told


def test_each_party_leads_to_its_log(console: Client, fleet: Fleet) -> None:
    finding = Finding.objects.get()
    page = tree(console.get(finding.get_absolute_url()))
    entries = tree(console.get(attribute(by_id(page, "log-1"), "href") or ""))
    assert fleet.cloned.device_name in text(by_id(entries, "log-list"))
    assert finding.evidence["parties"][0]["name"] in text(by_id(entries, "log-list"))


def test_offers_the_acts_that_help(console: Client, fleet: Fleet) -> None:
    page = tree(console.get(Finding.objects.get().get_absolute_url()))
    here = fleet.cloned.get_absolute_url()
    for act in ("switch", "clear", "disable"):
        assert attribute(by_id(page, act), "href") == f"{here}{act}/"


def test_a_shared_credential_is_not_mended_by_keeping_it(console: Client) -> None:
    page = tree(console.get(shared().get_absolute_url()))
    ids = {attribute(element, "id") for element in walk(page)}
    assert "switch" not in ids
    assert {"clear", "disable", "dismiss"} <= ids


def test_a_client_id_that_was_voided_is_marked(console: Client, fleet: Fleet) -> None:
    finding = Finding.objects.get()
    assert "blocked" not in live(console, finding).partition("What to do")[0]
    keep = finding.evidence["parties"][0]["name"]
    manage.switch(SHELL, fleet.lamp.product_key, fleet.cloned.device_name, keep)
    assert live(console, finding).count(" blocked") >= 3


def test_dismissed_with_a_reason_it_leaves_the_list_and_can_come_back(
    console: Client, fleet: Fleet
) -> None:
    finding = Finding.objects.get()
    here = finding.get_absolute_url()
    assert "Reason" in text(tree(console.get(f"{here}dismiss/")))
    console.post(f"{here}dismiss/", {"reason": "Two test benches"})
    told = tree(console.get(here))
    assert "Dismissed by chen now : Two test benches" in text(by_id(told, "live"))
    undo = next(e for e in walk(told) if attribute(e, "action") == f"{here}reopen/")
    assert text(undo) == "Undo"
    console.post(attribute(undo, "action") or "")
    finding.refresh_from_db()
    assert (finding.state, finding.reason, finding.closed_by) == (FindingState.OPEN, "", None)
    acts = AuditEntry.objects.filter(target=finding.target).values_list("act", flat=True)
    assert set(acts) == {"finding.dismiss", "finding.reopen"}


def test_a_reason_is_needed(console: Client, fleet: Fleet) -> None:
    finding = Finding.objects.get()
    answer = console.post(f"{finding.get_absolute_url()}dismiss/", {"reason": "  "})
    assert answer.status_code == 422
    assert Finding.objects.get().state == FindingState.OPEN


def test_what_is_not_open_is_not_dismissed_again(console: Client, fleet: Fleet) -> None:
    Finding.objects.update(state=FindingState.RESOLVED)
    here = Finding.objects.get().get_absolute_url()
    assert console.post(f"{here}dismiss/", {"reason": "Late"}).status_code == 422
    assert console.post(f"{here}reopen/").status_code == 422
    assert Finding.objects.get().state == FindingState.RESOLVED


def test_a_resolved_one_says_so_and_offers_nothing(console: Client, fleet: Fleet) -> None:
    manage.clear(SHELL, fleet.lamp.product_key, fleet.cloned.device_name)
    resolve(timezone.now())
    page = tree(console.get(Finding.objects.get().get_absolute_url()))
    assert "Resolved automatically" in text(by_id(page, "live"))
    assert not {"clear", "dismiss"} & {attribute(element, "id") for element in walk(page)}


def test_it_outlives_its_device(console: Client, fleet: Fleet) -> None:
    finding = Finding.objects.get()
    manage.delete_device(SHELL, fleet.lamp.product_key, fleet.cloned.device_name)
    assert "Multiple ClientIDs: lamp-0007" in live(console, finding)
    assert not Device.objects.filter(device_name="lamp-0007").exists()


def test_viewers_look_and_do_not_act(viewing: Client, fleet: Fleet) -> None:
    here = Finding.objects.get().get_absolute_url()
    ids = {attribute(element, "id") for element in walk(tree(viewing.get(here)))}
    assert not {"switch", "clear", "disable", "dismiss"} & ids
    assert viewing.post(f"{here}dismiss/", {"reason": "No"}).status_code == 403


def test_there_is_none_by_that_number(console: Client, fleet: Fleet) -> None:
    assert console.get("/findings/999999/").status_code == 404


def test_details_of_its_device_and_product_lead_here(console: Client, fleet: Fleet) -> None:
    finding = Finding.objects.get()
    for page in (fleet.cloned.get_absolute_url(), fleet.lamp.get_absolute_url()):
        banner = by_id(tree(console.get(page)), f"banner-{finding.pk}")
        assert attribute(banner, "href") == finding.get_absolute_url()
    other = tree(console.get(fleet.plain.get_absolute_url()))
    assert f"banner-{finding.pk}" not in {attribute(element, "id") for element in walk(other)}


def test_a_live_look_is_what_a_fresh_page_shows(console: Client, fleet: Fleet) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        here = Finding.objects.get().get_absolute_url()
        page = tree(console.get(here))
        Finding.objects.update(state=FindingState.DISMISSED, closed_at=timezone.now())
        answer = console.get(here, headers=htmx("live"))
        assert b"<html" not in answer.content
        swap(page, tree(answer), "live")
        assert by_id(page, "main") == by_id(tree(console.get(here)), "main")


def test_stays_within_its_queries(
    console: Client, fleet: Fleet, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here = Finding.objects.get().get_absolute_url()
    # session, operator, the finding with its objects, ClientIDs
    with django_assert_num_queries(4):
        console.get(here)


def test_one_of_a_foreign_product_is_not_there(fleet: Fleet) -> None:
    client = Client()
    client.force_login(limited_to(fleet.meter, may_change=True))
    here = Finding.objects.get().get_absolute_url()
    for path in ("", "dismiss/", "reopen/"):
        assert client.get(here + path).status_code == 404
    assert "lamp-0007" not in text(tree(client.get("/findings/?state=all")))
    assert text(tree(client.get("/findings/count/"))) == ""


def test_one_of_a_product_to_look_at_is_not_dismissed(fleet: Fleet) -> None:
    client = Client()
    client.force_login(limited_to(fleet.lamp, may_change=False))
    here = Finding.objects.get().get_absolute_url()
    ids = {attribute(element, "id") for element in walk(tree(client.get(here)))}
    assert not {"switch", "clear", "disable", "dismiss"} & ids
    assert client.post(f"{here}dismiss/", {"reason": "No"}).status_code == 403
