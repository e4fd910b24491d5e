"""States and totals in the platform's words."""

import pytest
from django.utils import timezone

from devices.device_state import (
    Totals,
    compromised,
    in_state,
    keys_in_state,
    several_client_ids,
    state_of,
    totals,
    with_state,
)
from devices.models import Device, DeviceState
from devices.operations.manage import allow_registration, set_enabled, switch
from devices.operations.sessions import SessionEnd, end_sessions
from logs.reasons import Reason
from operators.actor import SHELL
from tests.factories import (
    connect_by_secret,
    connect_now,
    issued_client_id,
    make_device,
    make_product,
)
from tests.factories import signed_connection as connection

pytestmark = pytest.mark.django_db


def one_in_every_state() -> dict[DeviceState, Device]:
    product = make_product()
    devices = {state: make_device(product, state.value) for state in DeviceState}
    connect_by_secret(devices[DeviceState.ONLINE])
    offline = devices[DeviceState.OFFLINE]
    request = connection(product.product_key, offline.device_name, offline.device_secret)
    connect_now(request)
    end = SessionEnd(
        trace_id=request.trace_id,
        device_id=offline.pk,
        listener=request.listener,
        reason=Reason.DEVICE_DISCONNECT,
        product_key=product.product_key,
        device_name=offline.device_name,
    )
    end_sessions([end], timezone.now())
    connect_by_secret(devices[DeviceState.DISABLED])
    set_enabled(SHELL, product.product_key, "disabled", enabled=False)
    return devices


def test_each_state_is_told_and_filtered_alike() -> None:
    devices = one_in_every_state()
    for state, device in devices.items():
        assert state_of(with_state(Device.objects.all()).get(pk=device.pk)) == state
        assert in_state(Device.objects.all(), state).get() == device


def test_totals_count_all_activated_and_online() -> None:
    devices = one_in_every_state()
    make_device(make_product())
    key = next(iter(devices.values())).product.product_key
    # Two are online: a disabled device is, until its listener has closed the session.
    assert totals(key) == Totals(total=4, activated=3, online=2)
    assert totals().total == 5


def compromised_names() -> list[str]:
    found = compromised(Device.objects.all()).values_list("device_name", flat=True)
    return sorted(found)


def test_compromised_is_who_has_more_than_one_live_client_id() -> None:
    product = make_product()
    for name, number in (("one-1", 1), ("two-2", 2), ("five", 5)):
        for _ in range(number):
            issued_client_id(product, name)
    assert compromised_names() == ["five", "two-2"]
    assert sorted(several_client_ids()) == sorted(set(several_client_ids()))


def test_who_keeps_a_later_slot_than_the_first_is_not_compromised_but_its_next_clone_is() -> None:
    product = make_product()
    issued_client_id(product, "lamp-0001")
    kept = issued_client_id(product, "lamp-0001")
    switch(SHELL, product.product_key, "lamp-0001", kept.client_id)
    assert compromised_names() == []
    allow_registration(SHELL, product.product_key, "lamp-0001")
    issued_client_id(product, "lamp-0001")
    assert compromised_names() == ["lamp-0001"]


@pytest.mark.parametrize("state", DeviceState)
def test_the_keys_of_a_state_hold_every_device_with_it(state: DeviceState) -> None:
    devices = one_in_every_state()
    for product in (None, devices[state].product):
        for keys in keys_in_state(state, product):
            assert devices[state].pk in keys
    stranger = make_product()
    assert all(not list(keys) for keys in keys_in_state(state, stranger))
