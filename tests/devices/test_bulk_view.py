"""Acts on many devices from the list: selection, dialog, act, job, undo."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices.models import Device
from devices.operations import manage
from jobs.models import Job
from jobs.runner import work
from operators.actor import SHELL
from operators.models import AuditEntry, Operator
from products.models import Product
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet
from tests.factories import make_device, make_product
from tests.operators.people import limited_person

DIALOG = htmx("dialog-body")


def make_devices(count: int) -> list[Device]:
    product = make_product()
    return [make_device(product, f"unit-{number:04}") for number in range(count)]


def url(act: str, devices: list[Device]) -> str:
    return f"/devices/bulk-{act}/?ids={'.'.join(str(device.pk) for device in devices)}"


def shown(client: Client, address: str) -> str:
    return text(by_id(tree(client.get(address, headers=DIALOG)), "dialog-body"))


def disabled() -> set[str]:
    return set(Device.objects.filter(enabled=False).values_list("device_name", flat=True))


def work_off() -> None:
    owner = uuid4()
    while work(owner, lambda: False):
        pass


def test_the_dialog_tells_the_count_names_a_few_and_changes_nothing(console: Client) -> None:
    dialog = shown(console, url("disable", make_devices(8)))
    assert "Disable 8 devices" in dialog
    assert "unit-0007, unit-0006, unit-0005, unit-0004, unit-0003 and 3 more" in dialog
    assert disabled() == set()


@pytest.mark.parametrize(
    ("act", "audited"),
    [
        ("enable", 0),
        ("disable", 3),
        ("reset", 3),
        ("clear", 3),
        ("delete", 3),
    ],
)
def test_does_the_act_to_those_selected_and_to_no_other(
    console: Client, act: str, audited: int
) -> None:
    devices = make_devices(5)
    response = console.post(url(act, devices[:3]), {"count": "3"})
    assert response.status_code == 302
    trail = AuditEntry.objects.filter(act=f"device.{act}")
    assert trail.count() == audited
    assert not trail.filter(target__in=[device.target for device in devices[3:]]).exists()


def test_a_form_without_scripts_selects_by_its_checkboxes(console: Client) -> None:
    one, two, _ = make_devices(3)
    address = f"/devices/bulk-disable/?id={one.pk}&id={two.pk}&name="
    assert "Disable 2 devices" in text(tree(console.get(address)))
    assert console.post(address, {"count": "2"}).status_code == 302
    assert disabled() == {"unit-0000", "unit-0001"}


def test_all_that_match_the_filter_are_selected_but_for_the_exceptions(
    console: Client, fleet: Fleet
) -> None:
    left_out = Device.objects.get(device_name="lamp-0002")
    address = (
        f"/devices/bulk-disable/?all=on&product={fleet.lamp.product_key}&name=lamp"
        f"&except={left_out.pk}"
    )
    assert "Disable 5 devices" in shown(console, address)
    console.post(address, {"count": "5"})
    assert disabled() == {"lamp-0001", "lamp-0003", "lamp-0004", "lamp-0005", "lamp-0007"}


def test_a_filter_that_means_nothing_selects_nothing(console: Client, fleet: Fleet) -> None:
    address = "/devices/bulk-delete/?all=on&product=a1NoSuchKey"
    assert "No device is selected" in shown(console, address)
    assert console.post(address, {"count": "0"}).status_code == 422
    assert Device.objects.count() == 8


@pytest.mark.parametrize("query", ["", "?ids=", "?ids=x.-3..&id=%00", "?ids=99999999999999999999"])
def test_a_selection_of_nothing_changes_nothing(console: Client, fleet: Fleet, query: str) -> None:
    assert "No device is selected" in shown(console, f"/devices/bulk-disable/{query}")
    console.post(f"/devices/bulk-disable/{query}", {"count": "0"})
    assert disabled() == set()


def test_what_matches_meanwhile_is_not_acted_on_unseen(console: Client, fleet: Fleet) -> None:
    address = f"/devices/bulk-delete/?all=on&product={fleet.meter.product_key}"
    make_device(fleet.meter, "meter-0003")
    response = console.post(address, {"count": "2"}, headers=DIALOG)
    assert response.status_code == 422
    assert "The number of devices has changed" in text(tree(response))
    assert "Delete 3 devices" in text(tree(response))
    assert Device.objects.filter(product=fleet.meter).count() == 3


@pytest.mark.parametrize("typed", ["", "11", "yes", "012"])
def test_more_than_ten_need_their_number_typed(console: Client, typed: str) -> None:
    address = url("disable", make_devices(12))
    assert "Type 12 to confirm" in shown(console, address)
    assert console.post(address, {"count": "12", "typed": typed}).status_code == 422
    assert disabled() == set()
    assert console.post(address, {"count": "12", "typed": " 12 "}).status_code == 302
    assert len(disabled()) == 12


def test_ten_need_no_typing(console: Client) -> None:
    assert "Type" not in shown(console, url("disable", make_devices(10)))


def test_says_what_was_skipped_and_why(console: Client) -> None:
    devices = make_devices(3)
    key = devices[0].product.product_key
    manage.set_enabled(SHELL, key, "unit-0001", enabled=False)
    page = console.post(url("disable", devices), {"count": "3"}, follow=True)
    told = text(tree(page))
    assert "Disabled 2 devices. 1 skipped: The device is already disabled." in told


def test_more_than_fifty_become_a_job_that_says_what_was_skipped(console: Client) -> None:
    devices = make_devices(60)
    key = devices[0].product.product_key
    manage.set_enabled(SHELL, key, "unit-0007", enabled=False)
    address = url("disable", devices)
    assert "in the background" in shown(console, address)
    page = console.post(address, {"count": "60", "typed": "60"}, follow=True)
    assert page.redirect_chain[-1][0] == Job.objects.get().get_absolute_url()
    gone = devices[8].pk
    devices[8].delete()
    work_off()
    told = text(tree(console.get(Job.objects.get().get_absolute_url())))
    assert "Disabled 58 devices." in told
    assert "1 skipped: The device is already disabled." in told
    assert "1 skipped: The device no longer exists." in told
    assert f"Skipped: unit-0007, #{gone}." in told
    assert len(disabled()) == 59
    assert AuditEntry.objects.filter(act="device.disable", operator__username="chen").count() == 58


def test_clear_refuses_registration_only_when_asked(console: Client) -> None:
    one, two = make_devices(2)
    console.post(url("clear", [one]), {"count": "1", "refuse_registration": "on"})
    console.post(url("clear", [two]), {"count": "1"})
    refused = Device.objects.filter(registration_refused=True)
    assert list(refused.values_list("device_name", flat=True)) == ["unit-0000"]


@pytest.mark.parametrize("act", ["enable", "disable", "reset", "clear", "delete"])
def test_every_act_on_many_asks_who_is_there(unconfirmed: Client, act: str) -> None:
    devices = make_devices(1)
    manage.set_enabled(SHELL, devices[0].product.product_key, "unit-0000", enabled=False)
    before = AuditEntry.objects.count()
    assert "Send code" in shown(unconfirmed, url(act, devices))
    unconfirmed.post(url(act, devices), {"count": "1"})
    unconfirmed.post(f"/devices/bulk-{act}/undo/", {"ids": str(devices[0].pk)})
    assert AuditEntry.objects.count() == before


def test_a_job_is_neither_begun_nor_taken_back_without_a_code(console: Client) -> None:
    devices = make_devices(60)
    other = Client()
    other.force_login(Operator.objects.get())
    wish = {"count": "60", "typed": "60"}
    assert other.post(url("disable", devices), wish).status_code == 422
    assert not Job.objects.exists()
    console.post(url("disable", devices), wish)
    work_off()
    assert other.post(f"{Job.objects.get().get_absolute_url()}undo/").status_code == 422
    assert Job.objects.count() == 1


def undo_form(client: Client, address: str) -> tuple[str, dict[str, str]]:
    page = tree(client.post(address, {"count": "3"}, follow=True))
    form = next(e for e in walk(page) if re.search("undo", attribute(e, "action") or ""))
    fields = {attribute(e, "name") or "": attribute(e, "value") or "" for e in walk(form)}
    return attribute(form, "action") or "", {"ids": fields["ids"]}


def test_the_toast_takes_back_exactly_what_was_changed(console: Client) -> None:
    devices = make_devices(3)
    key = devices[0].product.product_key
    manage.set_enabled(SHELL, key, "unit-0001", enabled=False)
    action, fields = undo_form(console, url("disable", devices))
    page = console.post(action, fields, follow=True)
    assert "Enabled 2 devices." in text(tree(page))
    assert disabled() == {"unit-0001"}


def test_a_single_disable_can_be_taken_back_too(console: Client, fleet: Fleet) -> None:
    action, fields = undo_form(console, f"{fleet.plain.get_absolute_url()}disable/")
    assert disabled() == {fleet.plain.device_name}
    console.post(action, fields)
    assert disabled() == set()


@pytest.mark.parametrize("act", ["reset", "delete", "nonsense"])
def test_only_enable_and_disable_are_done_from_a_toast(console: Client, act: str) -> None:
    devices = make_devices(1)
    response = console.post(f"/devices/bulk-{act}/undo/", {"ids": str(devices[0].pk)})
    assert response.status_code == 404
    assert Device.objects.exists()


def test_an_unknown_act_is_not_found(console: Client) -> None:
    assert console.get("/devices/bulk-paint/").status_code == 404


def test_viewers_select_nothing(viewing: Client, fleet: Fleet) -> None:
    page = tree(viewing.get("/devices/"))
    assert not [e for e in walk(page) if attribute(e, "name") == "id"]
    assert viewing.post(url("disable", [fleet.plain]), {"count": "1"}).status_code == 403
    undo = viewing.post("/devices/bulk-disable/undo/", {"ids": str(fleet.plain.pk)})
    assert undo.status_code == 403
    assert disabled() == set()


@pytest.mark.parametrize("where", ["/devices/?product={key}", "{url}devices/"])
def test_lists_offer_a_checkbox_per_device_and_the_acts(
    console: Client, fleet: Fleet, where: str
) -> None:
    product: Product = fleet.meter
    address = where.format(key=product.product_key, url=product.get_absolute_url())
    page = tree(console.get(address))
    boxes = [e for e in walk(page) if attribute(e, "name") == "id"]
    keys = {str(key) for key in Device.objects.filter(product=product).values_list("pk", flat=True)}
    assert {attribute(box, "value") for box in boxes} == keys
    bar = by_id(page, "bulk")
    assert text(bar).endswith("Enable Disable Reset Clear Delete Select none")
    hidden = {attribute(e, "name"): attribute(e, "value") for e in walk(bar) if e.name == "input"}
    assert hidden["product"] == product.product_key


def test_counts_what_matches(console: Client, fleet: Fleet) -> None:
    response = console.get("/devices/matching/?name=lamp&before=3")
    assert "Select all 6 devices that match" in text(tree(response))
    response = console.get("/devices/matching/?name=lamp-0007")
    assert "Select the 1 device that matches" in text(tree(response))


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> list[Device]:
    """Twenty devices where no more than twelve are counted and no filter fits few."""
    monkeypatch.setattr("devices.bulk_selection.MOST_COUNTED", 12)
    monkeypatch.setattr("common.web.filters.FEW", 1)
    return make_devices(20)


MANY = "/devices/bulk-disable/?all=on&state=inactive"


def test_of_many_that_match_it_tells_how_far_it_has_counted(
    console: Client, crowd: list[Device]
) -> None:
    dialog = shown(console, MANY)
    assert "Disable 12+ devices" in dialog
    assert "unit-0015 and 7+ more" in dialog
    assert "Type 12 to confirm" in dialog
    count = tree(console.get("/devices/matching/?state=inactive"))
    assert "Select all 12+ devices that match" in text(count)


def test_what_is_agreed_to_are_all_of_them(console: Client, crowd: list[Device]) -> None:
    response = console.post(MANY, {"count": "12", "more": "on", "typed": "12+"})
    assert response.status_code == 302
    assert len(disabled()) == 20


@pytest.mark.parametrize(
    "agreed",
    [
        {"count": "12", "typed": "12"},
        {"count": "12", "more": "on", "typed": "20"},
        {"count": "21", "more": "on", "typed": "21"},
        {"count": "x", "more": "on", "typed": "x"},
        {"count": "١٢", "more": "on", "typed": "١٢"},
        {"count": "²", "more": "on", "typed": "²"},
        {"count": "9" * 5000, "more": "on", "typed": "9"},
    ],
)
def test_what_was_not_told_is_not_agreed_to(
    console: Client, crowd: list[Device], agreed: dict[str, str]
) -> None:
    assert console.post(MANY, agreed).status_code == 422
    assert not disabled()


@pytest.mark.parametrize(
    ("query", "number"),
    [("", 21), ("product={key}", 20), ("activated=yes", 1), ("product={key}&activated=yes", 0)],
)
def test_numbers_that_are_kept_are_told_without_counting(
    console: Client, crowd: list[Device], query: str, number: int
) -> None:
    Device.objects.filter(pk=make_device(make_product(), "other").pk).update(
        activated_at=timezone.now()
    )
    address = f"/devices/matching/?{query.format(key=crowd[0].product.product_key)}"
    with CaptureQueriesContext(connection) as queries:
        counted = console.get(address)
    assert f'data-count="{number}"' in counted.text
    assert not [q for q in queries if 'FROM "devices_device"' in q["sql"]]


def test_those_left_out_are_not_counted(console: Client, crowd: list[Device]) -> None:
    left_out = ".".join(str(device.pk) for device in crowd[-3:])
    address = f"/devices/bulk-disable/?all=on&except={left_out}"
    dialog = shown(console, address)
    assert "Disable 17 devices" in dialog
    assert "unit-0016, unit-0015, unit-0014, unit-0013, unit-0012 and 12 more" in dialog
    assert console.post(address, {"count": "17", "typed": "17"}).status_code == 302
    assert len(disabled()) == 17


def test_kept_numbers_leave_out_what_one_may_not_change(fleet: Fleet) -> None:
    limited = limited_person("lim")
    for product, may_change in ((fleet.meter, True), (fleet.lamp, False)):
        limited.grants.create(product=product, may_change=may_change)
    client = Client()
    client.force_login(limited)
    for query, number in (("", 2), (f"product={fleet.lamp.product_key}", 0)):
        assert f'data-count="{number}"' in client.get(f"/devices/matching/?{query}").text


def test_a_job_is_taken_back_for_exactly_what_it_changed_and_once(console: Client) -> None:
    devices = make_devices(60)
    key = devices[0].product.product_key
    manage.set_enabled(SHELL, key, "unit-0007", enabled=False)
    console.post(url("disable", devices), {"count": "60", "typed": "60"})
    job = Job.objects.get()
    assert console.post(f"{job.get_absolute_url()}undo/").status_code == 302
    assert Job.objects.count() == 1, "it has not ended"
    work_off()
    assert "Undo" in text(tree(console.get(job.get_absolute_url())))
    page = console.post(f"{job.get_absolute_url()}undo/", follow=True)
    assert "Enable devices" in text(tree(page))
    work_off()
    assert disabled() == {"unit-0007"}
    told = text(by_id(tree(console.get(job.get_absolute_url())), "job-progress"))
    assert "The job that undid this" in told
    console.post(f"{job.get_absolute_url()}undo/")
    assert Job.objects.count() == 2


def test_what_cannot_be_taken_back_offers_no_undo(console: Client, viewing: Client) -> None:
    console.post(url("reset", make_devices(60)), {"count": "60", "typed": "60"})
    work_off()
    job = Job.objects.get()
    assert "Undo" not in text(tree(console.get(job.get_absolute_url())))
    console.post(f"{job.get_absolute_url()}undo/")
    assert Job.objects.count() == 1
    assert viewing.post(f"{job.get_absolute_url()}undo/").status_code == 403
