"""Acts on many devices: the rules of the single ones, in few statements."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.models import Device, Revocation, Session
from devices.operations import manage, manage_many
from devices.operations.manage_many import GONE, MOST, Outcome
from logs.models import LogEntry
from operators.actor import SHELL, Actor
from operators.models import AuditEntry, Operator
from products.models import Product
from tests.factories import connect_by_secret, issued_client_id, make_device, make_product

pytestmark = pytest.mark.django_db

Many = Callable[[list[int]], Outcome]
MANY: dict[str, Many] = {
    "disable": lambda keys: manage_many.set_enabled(SHELL, keys, enabled=False),
    "reset": lambda keys: manage_many.reset(SHELL, keys),
    "clear": lambda keys: manage_many.clear(SHELL, keys, refuse_registration=True),
    "delete": lambda keys: manage_many.delete(SHELL, keys),
}
SINGLE: dict[str, Callable[[str, str], object]] = {
    "disable": lambda key, name: manage.set_enabled(SHELL, key, name, enabled=False),
    "reset": lambda key, name: manage.reset(SHELL, key, name),
    "clear": lambda key, name: manage.clear(SHELL, key, name, refuse_registration=True),
    "delete": lambda key, name: manage.delete_device(SHELL, key, name),
}


def used_devices(product: Product, *names: str) -> list[int]:
    """Devices with two ClientIDs and a live session each."""
    keys = []
    for name in names:
        device = make_device(product, name)
        connect_by_secret(device)
        issued_client_id(product, f"{name}-free")
        issued_client_id(product, f"{name}-free")
        keys += [device.pk, Device.objects.get(device_name=f"{name}-free").pk]
    return keys


def trace(product: Product, name: str) -> list[object]:
    """All that an act leaves behind about one device, without numbers and times."""
    columns = ("enabled", "claimed_at", "registered_at", "secret_blocked", "registration_refused")
    rows = Device.objects.filter(device_name=name).values_list(*columns)
    voided = Device.objects.filter(device_name=name, bindings__voided_at__isnull=False).count()
    target = f"device/{product.product_key}/{name}"
    told = AuditEntry.objects.filter(target=target).exclude(act="device.add")
    logged = LogEntry.objects.filter(device_name=name, service_type="management")
    states = [tuple(value if isinstance(value, bool) else bool(value) for value in r) for r in rows]
    return [
        states,
        voided,
        list(told.values_list("act", "summary", "origin")),
        list(logged.values_list("operation", "code", "detail")),
    ]


@pytest.mark.parametrize("act", MANY)
def test_leaves_behind_what_the_single_act_leaves(act: str) -> None:
    product = make_product()
    many = used_devices(product, "lamp-0001")
    used_devices(product, "lamp-0002")
    Revocation.objects.all().delete()
    MANY[act](many)
    by_many = list(Revocation.objects.values_list("reason", "keep_client_id"))
    Revocation.objects.all().delete()
    for name in ("lamp-0002", "lamp-0002-free"):
        SINGLE[act](product.product_key, name)
    assert by_many == list(Revocation.objects.values_list("reason", "keep_client_id"))
    assert trace(product, "lamp-0001") == trace(product, "lamp-0002")
    assert trace(product, "lamp-0001-free") == trace(product, "lamp-0002-free")


def test_who_is_so_already_is_skipped_and_told() -> None:
    product = make_product()
    devices = [make_device(product, f"lamp-000{number}") for number in range(3)]
    manage.set_enabled(SHELL, product.product_key, "lamp-0001", enabled=False)
    outcome = MANY["disable"]([device.pk for device in devices])
    assert [device.device_name for device in outcome.changed] == ["lamp-0000", "lamp-0002"]
    assert [(s.device_name, s.reason) for s in outcome.skipped] == [
        ("lamp-0001", "The device is already disabled.")
    ]
    assert Revocation.objects.filter(device_id=devices[1].pk).count() == 1


def test_enabling_revokes_nothing() -> None:
    device = make_device(make_product())
    MANY["disable"]([device.pk])
    Revocation.objects.all().delete()
    assert manage_many.set_enabled(SHELL, [device.pk], enabled=True).changed == [device]
    assert not Revocation.objects.exists()


@pytest.mark.parametrize("act", MANY)
def test_who_is_gone_is_skipped_and_told(act: str) -> None:
    device = make_device(make_product())
    outcome = MANY[act]([device.pk, device.pk + 1])
    assert [(s.device_id, s.reason) for s in outcome.skipped] == [(device.pk + 1, GONE)]
    assert len(outcome.changed) == 1


def test_deletes_sessions_and_keeps_the_log() -> None:
    product = make_product()
    MANY["delete"](used_devices(product, "lamp-0001"))
    assert not Device.objects.exists()
    assert not Session.objects.exists()
    assert LogEntry.objects.filter(device_name="lamp-0001", operation="delete").exists()


def test_the_trail_names_who_did_it() -> None:
    chen = Operator.objects.create_user("chen")
    device = make_device(make_product())
    manage_many.reset(Actor("console", chen, "192.0.2.1"), [device.pk])
    entry = AuditEntry.objects.get(act="device.reset")
    assert (entry.operator, entry.origin, entry.address) == (chen, "console", "192.0.2.1")


@pytest.mark.parametrize("act", MANY)
def test_nothing_chosen_changes_nothing(act: str) -> None:
    assert MANY[act]([]) == Outcome()


def test_more_than_a_batch_are_not_taken() -> None:
    with pytest.raises(ValueError, match=str(MOST)):
        manage_many.reset(SHELL, range(MOST + 1))


def statements(act: str, count: int) -> int:
    product = make_product()
    keys = [make_device(product).pk for _ in range(count)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        MANY[act](keys)
    return sum("audit" not in query["sql"] for query in queries)


@pytest.mark.parametrize("act", MANY)
def test_costs_the_same_for_two_devices_and_for_sixty(act: str) -> None:
    assert statements(act, 60) == statements(act, 2)
