"""An installation that has something in most kinds of columns."""

from dataclasses import dataclass

from django.core.management import call_command
from django.utils import timezone

from devices.models import Device
from logs.models import LogEntry
from operators.actor import SHELL
from operators.models import AccessKey, AccessKeyScope, AuditEntry, Authenticator, Operator
from operators.operations.access_keys import create_access_key
from products.models import Product
from registration.operations.client_id_slots import ClientIdIssued
from tests.factories import connect_by_token, issued_client_id, make_device, make_product


@dataclass(frozen=True, slots=True)
class World:
    product: Product
    device: Device  # has its DeviceSecret, waits to be activated
    token_name: str  # DeviceName of one that has connected with its token
    issued: ClientIdIssued
    key: AccessKey
    authenticator: Authenticator


def make_world() -> World:
    operator = Operator.objects.create_user("lin", password="correct horse battery")
    Operator.objects.filter(pk=operator.pk).update(phone="+8613800138000")
    product = make_product()
    device = make_device(product, "lamp-0001")
    issued = issued_client_id(product, "lamp-0002")
    connect_by_token(product, "lamp-0002", issued)
    key = create_access_key(SHELL, "line", AccessKeyScope.DEVICES)
    LogEntry.objects.create(
        at=timezone.now(),
        trace_id="t",
        product_key=product.product_key,
        detail={"b": "温度 \U0001f321 \\u0000", "a": [1, 1.5, None, True]},
    )
    app = Authenticator.objects.create(user=operator, name="Authenticator", confirmed=True)
    return World(product, device, "lamp-0002", issued, key, app)


def empty() -> None:
    """As after the first `migrate`."""
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEntry.objects.exists()
