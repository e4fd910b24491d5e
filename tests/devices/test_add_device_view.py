import pytest
from django.test import Client

from devices.models import Device
from logs.models import LogEntry
from operators.models import AuditEntry
from tests.console.dom import attribute, by_id, text, tree, walk
from tests.console.fixtures import htmx
from tests.console.seed import Fleet


def form(fleet: Fleet, **fields: str) -> dict[str, str]:
    return {"product": fleet.meter.product_key, "device_name": "meter-0100"} | fields


def test_the_answer_is_the_certificate_of_the_new_device(console: Client, fleet: Fleet) -> None:
    fields = form(fleet, nickname="Hall meter")
    response = console.post("/devices/new/", fields, headers=htmx("dialog-body"))
    device = Device.objects.get(device_name="meter-0100")
    assert (device.product, device.nickname) == (fleet.meter, "Hall meter")
    dialog = by_id(tree(response), "dialog-body")
    assert "View Device Certificate" in text(dialog)
    assert text(by_id(dialog, "certificate")) == (
        f"ProductKey: {fleet.meter.product_key} DeviceName: meter-0100 "
        f"DeviceSecret: {device.device_secret}"
    )


def test_no_cache_keeps_the_certificate_and_no_record_holds_it(
    console: Client, fleet: Fleet
) -> None:
    response = console.post("/devices/new/", form(fleet))
    assert "no-store" in response.headers["Cache-Control"]
    secret = Device.objects.get(device_name="meter-0100").device_secret
    assert not AuditEntry.objects.filter(summary__contains=secret).exists()
    assert secret not in str(list(LogEntry.objects.values()))


def test_a_blank_name_is_generated(console: Client, fleet: Fleet) -> None:
    response = console.post("/devices/new/", form(fleet, device_name=""))
    newest = Device.objects.latest("pk")
    assert len(newest.device_name) == 20
    assert newest.device_name in text(tree(response))


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"device_name": "abc"}, "device_name", "4 to 32 characters"),
        ({"device_name": "has space"}, "device_name", "letters, digits and - _ @ . : only"),
        ({"device_name": "meter-A4:CF:12"}, "device_name", "has a device named meter-A4:CF:12"),
        ({"nickname": "abc"}, "nickname", "4 to 64 characters"),
        ({"product": "a1NoSuchKey"}, "product", "does not exist or was deleted"),
    ],
)
def test_an_error_stands_beside_the_field_and_keeps_what_was_typed(
    console: Client, fleet: Fleet, fields: dict[str, str], field: str, words: str
) -> None:
    before = Device.objects.count()
    response = console.post("/devices/new/", form(fleet, **fields), headers=htmx("dialog-body"))
    assert response.status_code == 422
    dialog = by_id(tree(response), "dialog-body")
    assert words in text(by_id(dialog, f"id_{field}_error"))
    typed = form(fleet, **fields)["device_name"]
    assert attribute(by_id(dialog, "id_device_name"), "value") == typed
    assert Device.objects.count() == before


def test_the_list_of_one_product_offers_that_product(console: Client, fleet: Fleet) -> None:
    page = tree(console.get(f"/devices/?product={fleet.lamp.product_key}&state=online"))
    opener = attribute(by_id(page, "add-device"), "href") or ""
    dialog = by_id(tree(console.get(opener, headers=htmx("dialog-body"))), "dialog-body")
    chosen = [e for e in walk(dialog) if "selected" in dict(e.attributes)]
    assert [attribute(e, "value") for e in chosen] == [fleet.lamp.product_key]
