"""The result of importing a fleet, and the imports that are refused."""

import json

import pytest
from django.db.models import F

from common.errors import ConflictError, NotFoundError
from devices.models import ClientBinding, Device
from devices.operations.manage import clear, reset, switch
from imports.fleet.report import report_lines
from imports.models import FleetPart, ImportState
from imports.operations.fleet_imports import (
    apply_import,
    discard_import,
    resume_import,
    stop_import,
)
from logs.models import LogEntry
from operators.actor import SHELL
from operators.models import AuditEntry
from products.models import NetType, Product, ProductStatus
from protocol.client_id import RegistrationMode
from registration.operations.client_id_slots import ClientIdIssued
from registration.operations.register import SecretIssued
from tests.factories import (
    connect_by_secret,
    connect_by_token,
    make_device,
    make_product,
    register_one,
)
from tests.imports.fleet.given import (
    KEY,
    PRODUCT_SECRET,
    checked,
    imported,
    keys_of,
    line,
    secret_of,
    table,
    token_of,
)

pytestmark = pytest.mark.django_db


def opened() -> Product:
    """The product that was imported, with its switch on."""
    Product.objects.filter(product_key=KEY).update(dynamic_registration=True)
    return Product.objects.get(product_key=KEY)


def lamp(number: int = 1) -> Device:
    return Device.objects.select_related("product").get(device_name=f"lamp-{number:04}")


def test_a_check_writes_nothing_but_its_report() -> None:
    fleet = checked(table(line(1)))
    assert (fleet.state, fleet.found["devices_new"], fleet.found["products_new"]) == (
        ImportState.CHECKED,
        1,
        1,
    )
    assert not Product.objects.exists()
    assert not Device.objects.exists()


def test_products_keep_their_key_and_secret_and_begin_with_the_switch_off() -> None:
    imported(
        f"ProductKey,ProductSecret,ProductName,NetType,ProductStatus\n"
        f"{KEY},{PRODUCT_SECRET},Smart_Lamp,6,RELEASE_STATUS\n"
    )
    product = Product.objects.get()
    assert (product.product_key, product.product_secret) == (KEY, PRODUCT_SECRET)
    assert (product.name, product.net_type) == ("Smart_Lamp", NetType.CELLULAR)
    assert product.status == ProductStatus.PUBLISHED
    assert not product.dynamic_registration


def test_devices_connect_at_once_with_the_secret_they_had() -> None:
    imported(table(line(1)))
    assert (lamp().device_secret, lamp().preregistered) == (secret_of(1), True)
    assert connect_by_secret(lamp()).device_id == lamp().pk  # type: ignore[union-attr]


def test_client_ids_connect_with_the_token_they_had() -> None:
    imported(table(line(1, client_id="client000001", token=token_of(1))))
    issued = ClientIdIssued("client000001", token_of(1))
    assert connect_by_token(opened(), "lamp-0001", issued).device_id == lamp().pk  # type: ignore[union-attr]
    assert not lamp().preregistered
    stored = ClientBinding.objects.get()
    assert token_of(1) not in str(stored.__dict__)
    assert stored.first_connected_at


def test_a_device_without_its_token_may_register_anew() -> None:
    fleet = imported(
        "ProductKey,ProductSecret,DeviceName,DeviceSecret,ClientID,Status\n"
        f"{KEY},{PRODUCT_SECRET},lamp-0001,{secret_of(1)},client000001,ONLINE\n"
    )
    assert keys_of(fleet) == [(2, "ClientID", "no_token")]
    assert fleet.done["warned"] == 1
    assert isinstance(register_one(opened(), "lamp-0001"), ClientIdIssued)


@pytest.mark.parametrize(("status", "open_"), [("ONLINE", False), ("DISABLE", False), ("0", True)])
def test_an_activated_device_is_not_handed_its_secret_again(status: str, open_: bool) -> None:
    imported(
        "ProductKey,ProductSecret,DeviceName,DeviceSecret,Status\n"
        f"{KEY},{PRODUCT_SECRET},lamp-0001,{secret_of(1)},{status}\n"
    )
    outcome = register_one(opened(), "lamp-0001", RegistrationMode.REGISTER)
    assert isinstance(outcome, SecretIssued) == open_
    assert lamp().enabled == (status != "DISABLE")


def test_what_tells_nothing_about_activation_counts_as_it_was_said() -> None:
    imported(table(line(1)))
    assert lamp().activated_at is None
    imported(table(line(2)), assume_activated=True)
    assert lamp(2).claimed_at


def test_the_same_rows_once_more_change_nothing() -> None:
    rows = table(line(1), line(2, client_id="client000001", token=token_of(1)))
    imported(rows)
    before = list(Device.objects.order_by("pk").values()), list(ClientBinding.objects.values())
    fleet = imported(rows)
    assert fleet.done["devices_same"] == 2
    assert fleet.done["products_same"] == 1
    assert "devices_new" not in fleet.done
    assert not keys_of(fleet)
    assert before == (
        list(Device.objects.order_by("pk").values()),
        list(ClientBinding.objects.values()),
    )


def test_a_second_run_undoes_no_act_of_an_operator() -> None:
    rows = table(
        line(1, client_id="client000001", token=token_of(1)),
        line(1, client_id="client000002", token=token_of(2)),
        line(2),
    )
    imported(rows, assume_activated=True)
    switch(SHELL, KEY, "lamp-0001", "client000001")
    reset(SHELL, KEY, "lamp-0002")
    assert imported(rows, assume_activated=True).done["devices_same"] == 2
    assert ClientBinding.objects.filter(voided_at__isnull=True).count() == 1
    assert lamp(2).claimed_at is None


def test_a_later_run_adds_the_client_ids_that_were_missing() -> None:
    imported(table(line(1)))
    fleet = imported(table(line(1, client_id="client000001", token=token_of(1))))
    assert (fleet.done["devices_changed"], fleet.done["client_ids_new"]) == (1, 1)
    assert lamp().bindings.get().client_id == "client000001"


def test_a_device_gets_no_sixth_client_id_and_none_after_switch() -> None:
    imported(table(*(line(1, client_id=f"client{n}", token=token_of(n)) for n in range(5))))
    sixth = table(line(1, client_id="client5", token=token_of(5)))
    assert keys_of(checked(sixth)) == [(2, "ClientID", "too_many_client_ids")]
    clear(SHELL, KEY, "lamp-0001", refuse_registration=True)
    assert keys_of(checked(sixth)) == [(2, "ClientID", "registration_refused")]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (f"{KEY},another-secret,,,,,,", ("ProductSecret", "other_product_secret")),
        (f"a2,{PRODUCT_SECRET},Smart_Lamp,,,,,", ("ProductName", "product_name_taken")),
        ("a3,,,,,,,", ("ProductSecret", "no_product")),
        ("a3,,,lamp-0009,abcdef,,,", ("ProductKey", "no_product")),
        (f"{KEY},,,lamp-0001,another-secret,,,", ("DeviceSecret", "other_device_secret")),
        (f"{KEY},,,lamp-0009,,,,", ("DeviceSecret", "no_secret")),
        (f"{KEY},,,lamp-0009,abcdef,,client000001,t", ("ClientID", "client_id_taken")),
        (f"{KEY},,,lamp-0001,,,client000001,t", ("DeviceToken", "other_token")),
    ],
)
def test_what_is_in_conflict_with_what_is_here_is_left_out(
    row: str, problem: tuple[str, str]
) -> None:
    first = line(1, client_id="client000001", token=token_of(1)).replace(
        ",,lamp", ",Smart_Lamp,lamp"
    )
    imported(table(first))
    fleet = checked(table(row))
    assert keys_of(fleet) == [(2, *problem)]
    assert fleet.found["bad"] == 1
    with pytest.raises(ConflictError):
        apply_import(SHELL, fleet.pk)


def test_the_iot_id_is_kept_and_belongs_to_one_device() -> None:
    header = "ProductKey,ProductSecret,DeviceName,DeviceSecret,IotId\n"
    imported(f"{header}{KEY},{PRODUCT_SECRET},lamp-0001,{secret_of(1)},iotid000100\n")
    assert lamp().iot_id == "iotid000100"
    other = checked(f"{header}{KEY},{PRODUCT_SECRET},lamp-0002,{secret_of(2)},iotid000100\n")
    assert keys_of(other) == [(2, "IotId", "iot_id_taken")]


def test_devices_of_a_product_that_is_left_out_are_left_out() -> None:
    fleet = checked(table(f"{KEY},****,,,,,,", line(1)))
    assert (3, "ProductKey", "product_left_out") in keys_of(fleet)
    assert fleet.found["bad"] == 2


def test_good_rows_go_in_and_bad_ones_stay_in_the_report() -> None:
    fleet = imported(table(line(1), f"{KEY},,,ab,abcdef,,,"))
    assert fleet.done["devices_new"] == fleet.done["bad"] == 1
    (_, row) = list(report_lines(fleet))
    assert row[:7] == ["1.csv", "3", KEY, "ab", "DeviceName", "ab", "yes"]


def test_all_or_nothing_imports_nothing_of_a_fleet_with_a_bad_row() -> None:
    fleet = checked(table(line(1), f"{KEY},,,ab,abcdef,,,"))
    with pytest.raises(ConflictError):
        apply_import(SHELL, fleet.pk, all_or_nothing=True)
    assert not Device.objects.exists()


def test_a_conflict_that_came_up_since_the_check_leaves_its_row_out() -> None:
    fleet = checked(table(line(1), line(2)))
    product = make_product()
    Product.objects.filter(pk=product.pk).update(product_key=KEY, product_secret=PRODUCT_SECRET)
    product.refresh_from_db()
    make_device(product, "lamp-0001")
    done = apply_import(SHELL, fleet.pk)
    assert keys_of(done) == [(2, "DeviceSecret", "other_device_secret")]
    assert done.done["devices_new"] == 1


def test_the_secrets_are_gone_when_it_is_done_or_discarded() -> None:
    done = imported(table(line(1), f"{KEY},,,ab,abcdef,,,"))
    assert [bytes(part.payload) for part in done.parts.all()] == [b""]
    discard_import(SHELL, checked(table(line(2))).pk)
    assert FleetPart.objects.exclude(fleet_import=done).count() == 0


def test_a_stopped_import_goes_on_where_it_was() -> None:
    fleet = checked(table(line(1)))
    type(fleet).objects.filter(pk=fleet.pk).update(state=ImportState.APPLY)
    stop_import(SHELL, fleet.pk)
    assert resume_import(SHELL, fleet.pk).state == ImportState.DONE
    with pytest.raises(ConflictError):
        resume_import(SHELL, fleet.pk)
    with pytest.raises(NotFoundError):
        discard_import(SHELL, 0)


def test_audit_and_log_tell_of_it_and_hold_no_secret() -> None:
    imported(table(line(1, client_id="client000001", token=token_of(1))))
    acts = list(AuditEntry.objects.order_by("number").values_list("act", flat=True))
    assert acts == ["import.upload", "import.apply", "product.adopt", "import.done"]
    entry = LogEntry.objects.get(operation="import")
    assert (entry.product_key, entry.detail["count"]) == (KEY, "1")
    told = str(list(AuditEntry.objects.values())) + str(list(LogEntry.objects.values()))
    for secret in (PRODUCT_SECRET, secret_of(1), token_of(1)):
        assert secret not in told


def test_devices_are_counted() -> None:
    imported(table(line(1), line(2)))
    counts = Product.objects.filter(product_key=KEY).annotate(total=F("device_counts__total"))
    assert sum(product.total for product in counts) == 2


@pytest.mark.parametrize("name", ["ProductName", "Description", "DeviceName", "Nickname", "IotId"])
def test_half_of_a_surrogate_pair_is_no_text(name: str) -> None:
    """JSON may name one, and nothing can keep it."""
    told = {"ProductKey": KEY, "ProductSecret": PRODUCT_SECRET, "DeviceName": "lamp-0001"}
    fleet = checked(json.dumps({"Data": {**told, name: "lamp-\ud800"}}))
    assert fleet.state == ImportState.CHECKED
    assert "\ud800" not in str(list(report_lines(fleet)))
