"""A batch reads only the rows it asks for, whatever the planner's statistics and their age."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices.models import Device, Session
from devices.operations.manage import clear as clear_device
from devices.operations.manage import set_enabled
from devices.operations.sessions import end_of
from devices.pseudo_listeners import LISTENER_OF
from logs.reasons import Reason
from mqtt.listener.dispatch import Request, perform
from operators.actor import SHELL
from products.models import Product
from protocol.client_id import RegistrationMode
from tests.factories import LISTENER, make_product, registration, signed_connection
from tests.statements import plan_of

pytestmark = pytest.mark.django_db

MANY, FEW = 3000, 10
# Ways to read all devices of a product, all live sessions, or a table.
TOO_MUCH = re.compile(
    r"device_by_product|session_live_by|(?:Seq Scan on|SCAN) devices_(?:device|session)\b"
)


def devices_of(product: Product) -> list[Device]:
    return Device.objects.bulk_create(
        Device(product=product, device_name=f"lamp-{n:04}", iot_id=uuid4().hex, device_secret="-")
        for n in range(MANY)
    )


@pytest.fixture
def fleet() -> list[Device]:
    """All are online again after a day on which nobody was, which is all that the planner knows."""
    now, devices = timezone.now(), devices_of(make_product())
    Session.objects.bulk_create(
        Session(
            device=device,
            product_id=device.product_id,
            trace_id=uuid4().hex[:16],
            listener=LISTENER,
            connected_at=now - timedelta(days=2),
            ended_at=now - timedelta(days=1),
        )
        for device in devices
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    Session.objects.update(ended_at=None)
    return devices


def plans(act: Callable[[], object]) -> str:
    """How the database does what is asked of it meanwhile."""
    with CaptureQueriesContext(connection) as asked:
        act()
    statements = [query["sql"].lstrip() for query in asked]
    return "\n".join(plan_of(s) for s in statements if s.startswith(("SELECT", "UPDATE", "WITH")))


def batch(*requests: Request) -> Callable[[], object]:
    return lambda: perform(requests, timezone.now())


def test_who_connects_and_leaves_reads_no_other_session(fleet: list[Device]) -> None:
    product = fleet[0].product
    coming = [
        signed_connection(product.product_key, device.device_name, device.device_secret)
        for device in fleet[:FEW]
    ]
    live = Session.objects.select_related("device__product")
    leaving = [end_of(session, Reason.DEVICE_DISCONNECT) for session in live.order_by("-pk")[:FEW]]
    assert not TOO_MUCH.findall(plans(batch(*coming, *leaving)))
    assert Session.objects.filter(ended_at=None).count() == MANY - FEW


def test_who_registers_reads_no_other_device_of_the_product(fleet: list[Device]) -> None:
    product = make_product()
    added = devices_of(product)
    asking = [
        registration(product, device.device_name, RegistrationMode.REGISTER)
        for device in added[:FEW]
    ]
    unknown = [registration(product, f"sim-{n:05}") for n in range(FEW)]
    assert not TOO_MUCH.findall(plans(batch(*asking, *unknown)))
    assert Device.objects.filter(registered_at__isnull=False).count() == 2 * FEW


def test_who_is_cut_off_is_looked_for_alone(fleet: list[Device]) -> None:
    product = fleet[0].product
    disable = partial(set_enabled, SHELL, product.product_key, "lamp-0001", enabled=False)
    assert not TOO_MUCH.findall(plans(disable))
    Session.objects.update(listener=LISTENER_OF["rabbitmq"])
    clear = partial(clear_device, SHELL, product.product_key, "lamp-0002")
    assert not TOO_MUCH.findall(plans(clear))
    assert Session.objects.filter(ended_at=None).count() == MANY - 1
