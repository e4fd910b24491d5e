"""Importing a fleet through the console."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from devices.models import Device
from imports.models import FleetImport, ImportState
from imports.operations import fleet_runner
from operators.models import Operator, Role
from products.models import Product
from tests.console.dom import text, tree
from tests.console.fixtures import confirmed, htmx
from tests.imports.fleet.given import KEY, PRODUCT_SECRET, checked, line, secret_of, table
from tests.operators.people import person

pytestmark = pytest.mark.django_db

ADD = "/devices/imports/new/"
BAD = f"{KEY},,,ab,very-secret,,,"


def upload(client: Client, *contents: str, **fields: str) -> FleetImport:
    files = [
        SimpleUploadedFile(f"{number}.csv", content.encode())
        for number, content in enumerate(contents, 1)
    ]
    response = client.post(ADD, {"file": files, **fields})
    assert response.status_code == 302, text(tree(response))
    return FleetImport.objects.latest("pk")


def act(client: Client, name: str, fleet: FleetImport) -> int:
    return client.post(reverse(f"imports:import_{name}", args=[fleet.pk])).status_code


def test_the_products_page_leads_to_it(console: Client) -> None:
    assert 'href="/devices/imports/"' in console.get("/products/").content.decode()
    assert 'href="/devices/imports/new/"' in console.get("/devices/imports/").content.decode()


def test_several_files_are_checked_together_and_imported_after_a_look(console: Client) -> None:
    products = f"ProductKey,ProductSecret\n{KEY},{PRODUCT_SECRET}\n"
    devices = f"DeviceName,DeviceSecret\nlamp-0001,{secret_of(1)}\nab,x\n"
    fleet = upload(console, products, devices)
    page = text(tree(console.get(fleet.get_absolute_url())))
    assert "To be imported: products 1, devices 1, ClientIDs 0." in page
    assert "The DeviceName is too short (2; minimum 4)." in page
    assert not Device.objects.exists()
    assert act(console, "apply", fleet) == 302
    assert Device.objects.get().device_secret == secret_of(1)
    page = text(tree(console.get(fleet.get_absolute_url())))
    assert "Imported: products 1, devices 1, ClientIDs 0." in page


def test_importing_asks_for_a_code_and_uploading_does_not(unconfirmed: Client) -> None:
    fleet = upload(unconfirmed, table(line(1)))
    response = unconfirmed.post(reverse("imports:import_apply", args=[fleet.pk]))
    assert response.status_code == 422
    assert not Device.objects.exists()


def test_rows_without_product_key_and_unknown_activation_are_as_was_said(console: Client) -> None:
    rows = f"DeviceName,DeviceSecret\nlamp-0001,{secret_of(1)}\n"
    product = f"ProductKey,ProductSecret\n{KEY},{PRODUCT_SECRET}\nb2,{PRODUCT_SECRET}\n"
    fleet = upload(console, rows, product, product_key=KEY, assume_activated="on")
    act(console, "apply", fleet)
    assert Device.objects.get().product.product_key == KEY
    assert Device.objects.get().claimed_at


def test_the_report_is_downloaded_and_shows_no_secret(console: Client) -> None:
    fleet = upload(console, table(line(1), BAD))
    page = console.get(fleet.get_absolute_url()).content.decode()
    sent = console.get(reverse("imports:import_report", args=[fleet.pk]))
    report = sent.getvalue().decode("utf-8-sig")
    assert report.splitlines()[1].startswith(f"1.csv,3,{KEY},ab,DeviceName,ab,yes,")
    assert sent.headers["Cache-Control"] == "no-store"
    for secret in ("very-secret", secret_of(1), PRODUCT_SECRET):
        assert secret not in page + report


def test_what_cannot_be_read_is_told_beside_the_files(console: Client) -> None:
    response = console.post(ADD, {"file": [SimpleUploadedFile("x.csv", b"lamp-0001\n")]})
    assert response.status_code == 422
    assert "x.csv: There is no ProductKey or DeviceName column" in text(tree(response))
    response = console.post(ADD, {"product_key": "a b"}, headers=htmx("import-form"))
    assert response.status_code == 422
    said = text(tree(response))
    assert "Choose CSV, XLSX or JSON files" in said
    assert "A ProductKey has 1 to 20 letters and digits." in said


def test_one_of_several_files_that_is_too_large_is_not_left_out_in_silence(
    console: Client, settings: Settings
) -> None:
    settings.BATCH_FILE_MB = 1
    large = SimpleUploadedFile("large.csv", b"x" * (1 << 20) + b"\n")
    small = SimpleUploadedFile("small.csv", table(line(1)).encode())
    response = console.post(ADD, {"file": [small, large]})
    assert response.status_code == 422
    assert "Too large (over 1 MB), split before uploading: large.csv." in text(tree(response))
    assert not FleetImport.objects.exists()


def test_a_page_asks_again_while_it_runs_and_no_longer(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_runner, "AT_ONCE", 0)
    fleet = upload(console, table(line(1)))
    page = console.get(fleet.get_absolute_url()).content.decode()
    assert 'hx-trigger="poll"' in page
    assert "Checked 0 of 2." in page
    fleet_runner.work_off(fleet.pk)
    part = console.get(fleet.get_absolute_url(), headers=htmx("live")).content.decode()
    assert 'hx-trigger="poll"' not in part
    assert 'id="import-apply"' in part


def test_it_is_stopped_resumed_and_discarded(console: Client) -> None:
    fleet = upload(console, table(line(1)))
    FleetImport.objects.update(state=ImportState.APPLY)
    assert act(console, "stop", fleet) == 302
    assert "Stopped before its end" in text(tree(console.get(fleet.get_absolute_url())))
    assert act(console, "resume", fleet) == 302
    assert act(console, "resume", fleet) == 422
    other = upload(console, table(line(2)))
    assert act(console, "discard", other) == 302
    assert console.get(other.get_absolute_url()).status_code == 404


def test_only_those_who_see_every_product_take_part(fleet_of_chen: FleetImport) -> None:
    limited = person("lim", phone="+8613912340000")
    Operator.objects.filter(pk=limited.pk).update(every_product=False)
    client = Client()
    client.force_login(limited)
    confirmed(client, limited)
    key = [fleet_of_chen.pk]
    for name in ("fleet_import", "import_report", "import_apply", "import_discard"):
        assert client.get(reverse(f"imports:{name}", args=key)).status_code == 403
    assert client.get("/devices/imports/").status_code == 403
    assert client.post(ADD).status_code == 403
    assert "/devices/imports/" not in client.get("/products/").content.decode()


def test_viewers_look_and_change_nothing(fleet_of_chen: FleetImport) -> None:
    client = Client()
    client.force_login(person("vik", role=Role.VIEWER))
    page = client.get(fleet_of_chen.get_absolute_url())
    assert page.status_code == 200
    assert "import-apply" not in page.content.decode()
    for name in ("apply", "discard", "stop", "resume"):
        assert act(client, name, fleet_of_chen) == 403
    assert client.post(ADD).status_code == 403
    assert not Product.objects.exists()


@pytest.fixture
def fleet_of_chen() -> FleetImport:
    return checked(table(line(1), BAD))
