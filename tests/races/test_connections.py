"""Connections of one device at the same time, on several listeners."""

from functools import partial
from uuid import uuid4

import pytest

from devices.models import Revocation, Session
from devices.operations.authenticate import Admitted
from devices.operations.manage import clear, set_enabled
from devices.operations.sessions import allowed_sessions
from operators.actor import SHELL
from tests.factories import (
    connect_by_secret,
    connect_by_token,
    issued_client_id,
    make_device,
    make_product,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_session_stays_and_every_other_listener_is_told() -> None:
    device = make_device(make_product())
    listeners = [uuid4() for _ in range(30)]
    outcomes = at_once(*[partial(connect_by_secret, device, listener=one) for one in listeners])
    assert outcomes == [Admitted(device.pk)] * 30
    last = Session.objects.get(ended_at__isnull=True)
    assert Revocation.objects.count() == 29
    assert Revocation.objects.latest("pk").keep_trace_id == last.trace_id


def test_several_client_ids_of_one_device_leave_one_session() -> None:
    product = make_product()
    issued = [issued_client_id(product, "lamp-0001") for _ in range(5)]
    calls = [
        partial(connect_by_token, product, "lamp-0001", one, listener=uuid4())
        for one in issued
        for _ in range(4)
    ]
    outcomes = at_once(*calls)
    assert all(isinstance(outcome, Admitted) for outcome in outcomes)
    assert Session.objects.filter(ended_at__isnull=True).count() == 1


@pytest.mark.parametrize("act", ["clear", "disable"])
def test_a_session_admitted_before_the_act_is_revoked_and_none_is_admitted_after(act: str) -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001")
    listener = uuid4()
    forbid = {
        "clear": partial(clear, SHELL, product.product_key, "lamp-0001"),
        "disable": partial(set_enabled, SHELL, product.product_key, "lamp-0001", enabled=False),
    }[act]
    connect = partial(connect_by_token, product, "lamp-0001", issued, listener=listener)
    at_once(*[connect] * 20, forbid, *[connect] * 20)
    assert Revocation.objects.filter(reason=act).count() == 1
    # Whatever was admitted came before, so the reconciling sweep allows nothing.
    assert allowed_sessions(listener) == set()
    assert not isinstance(connect(), Admitted)
