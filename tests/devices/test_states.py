"""States and totals in the platform's words."""

import pytest
from django.utils import timezone

from devices.models import Device, DeviceState
from devices.operations.manage import set_enabled
from devices.operations.sessions import SessionEnd, end_sessions
from devices.states import Totals, in_state, state_of, totals, with_state
from operators.actor import SHELL
from tests.factories import connect_by_secret, connect_now, make_device, make_product
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
        listener=request.listener,
        reason="device_disconnect",
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
