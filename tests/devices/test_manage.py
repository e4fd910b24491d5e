"""Switch, Clear, Reset, Enable, Disable, Delete: what each forbids, revokes and records."""

import pytest

from common.errors import ConflictError, NotFoundError
from devices.device_state import compromised
from devices.models import Device, Revocation, Session
from devices.operations.manage import (
    allow_registration,
    clear,
    delete_device,
    reset,
    set_enabled,
    switch,
)
from logs.models import LogEntry
from operators.actor import SHELL
from operators.models import AuditEntry
from tests.factories import (
    connect_by_secret,
    issued_client_id,
    issued_secret,
    make_device,
    make_product,
)

pytestmark = pytest.mark.django_db


def live_client_ids(device_name: str) -> list[str]:
    live = Device.objects.get(device_name=device_name).bindings.filter(voided_at__isnull=True)
    return list(live.values_list("client_id", flat=True))


def test_switch_keeps_one_client_id_and_revokes_the_other_sessions() -> None:
    product = make_product()
    issued = [issued_client_id(product, "lamp-0001") for _ in range(3)]
    switch(SHELL, product.product_key, "lamp-0001", issued[1].client_id)
    assert live_client_ids("lamp-0001") == [issued[1].client_id]
    revocation = Revocation.objects.get()
    assert (revocation.reason, revocation.keep_client_id) == ("switch", issued[1].client_id)


def test_switch_refuses_a_client_id_of_another_device_and_changes_nothing() -> None:
    product = make_product()
    issued_client_id(product, "lamp-0001")
    foreign = issued_client_id(product, "lamp-0002")
    with pytest.raises(NotFoundError):
        switch(SHELL, product.product_key, "lamp-0001", foreign.client_id)
    assert len(live_client_ids("lamp-0001")) == 1
    assert not Revocation.objects.exists()
    assert not AuditEntry.objects.filter(act="device.switch").exists()


def test_switch_refuses_a_client_id_that_is_void() -> None:
    product = make_product()
    kept, other = (issued_client_id(product, "lamp-0001") for _ in range(2))
    switch(SHELL, product.product_key, "lamp-0001", kept.client_id)
    with pytest.raises(NotFoundError):
        switch(SHELL, product.product_key, "lamp-0001", other.client_id)


def test_clear_voids_all_and_revokes_every_session() -> None:
    product = make_product()
    for _ in range(2):
        issued_client_id(product, "lamp-0001")
    clear(SHELL, product.product_key, "lamp-0001")
    assert live_client_ids("lamp-0001") == []
    revocation = Revocation.objects.get()
    assert (revocation.reason, revocation.keep_client_id) == ("clear", "")


def test_more_than_one_client_id_makes_a_device_security_compromised_until_switch() -> None:
    product = make_product()
    kept = issued_client_id(product, "lamp-0001")
    issued_client_id(product, "lamp-0002")
    assert not compromised(Device.objects.all()).exists()
    issued_client_id(product, "lamp-0001")
    assert compromised(Device.objects.all()).get().device_name == "lamp-0001"
    switch(SHELL, product.product_key, "lamp-0001", kept.client_id)
    assert not compromised(Device.objects.all()).exists()


def test_disable_revokes_and_enable_does_not() -> None:
    device = make_device(make_product())
    key = device.product.product_key
    set_enabled(SHELL, key, device.device_name, enabled=False)
    assert Revocation.objects.get().reason == "disable"
    set_enabled(SHELL, key, device.device_name, enabled=True)
    assert Revocation.objects.count() == 1


def test_disabling_a_disabled_device_is_refused() -> None:
    device = make_device(make_product())
    set_enabled(SHELL, device.product.product_key, device.device_name, enabled=False)
    with pytest.raises(ConflictError):
        set_enabled(SHELL, device.product.product_key, device.device_name, enabled=False)


def test_delete_revokes_and_leaves_only_the_log() -> None:
    device = make_device(make_product())
    connect_by_secret(device)
    delete_device(SHELL, device.product.product_key, device.device_name)
    assert not Device.objects.exists()
    assert not Session.objects.exists()
    assert Revocation.objects.get().device_id == device.pk
    assert LogEntry.objects.filter(device_name=device.device_name, operation="delete").exists()


def test_reset_leaves_activation_and_session() -> None:
    device = make_device(make_product())
    connect_by_secret(device)
    reset(SHELL, device.product.product_key, device.device_name)
    device.refresh_from_db()
    assert device.activated_at is not None
    assert Session.objects.filter(ended_at__isnull=True).exists()
    assert not Revocation.objects.exists()
    assert issued_secret(device.product, device.device_name) == device.device_secret


def test_what_does_not_exist_is_named_in_the_error() -> None:
    product = make_product()
    for act in (clear, reset, delete_device, allow_registration):
        with pytest.raises(NotFoundError, match="This device does not exist"):
            act(SHELL, product.product_key, "nobody")


@pytest.mark.parametrize(
    ("act", "call"),
    [
        ("clear", clear),
        ("reset", reset),
        ("delete", delete_device),
        ("allow_registration", allow_registration),
    ],
)
def test_every_act_is_in_the_audit_trail_and_in_the_log(act: str, call: object) -> None:
    device = make_device(make_product())
    target = device.target
    call(SHELL, device.product.product_key, device.device_name)  # type: ignore[operator]
    assert AuditEntry.objects.filter(act=f"device.{act}", target=target).count() == 1
    assert LogEntry.objects.filter(service_type="management", operation=act).count() == 1
