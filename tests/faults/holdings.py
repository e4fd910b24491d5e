"""Read the database state of some products."""

from collections.abc import Collection

from devices.models import ClientBinding, Device, Session
from logs.models import LogEntry, ServiceType
from products.models import Product
from tests.faults.history import Binding, Holdings, LogLine, Name


def online(product_keys: Collection[str]) -> set[Name]:
    """The names of the devices that are online."""
    live = Session.objects.filter(
        device__product__product_key__in=product_keys, ended_at__isnull=True
    )
    return set(live.values_list("device__product__product_key", "device__device_name"))


def read(product_keys: Collection[str]) -> Holdings:
    """All but who is online, which is compared before."""
    devices = Device.objects.filter(product__product_key__in=product_keys)
    names = devices.values_list("product__product_key", "device_name")
    budgets = Product.objects.filter(product_key__in=product_keys).values_list(
        "product_key", "registration_budget"
    )
    return Holdings(
        names=list(names),
        bindings=_bindings(product_keys),
        log=_log(product_keys),
        budgets={key: budget for key, budget in budgets if budget is not None},
    )


def _bindings(product_keys: Collection[str]) -> list[Binding]:
    found = ClientBinding.objects.filter(device__product__product_key__in=product_keys)
    rows = found.values_list(
        "device__product__product_key", "device__device_name", "client_id", "void_reason"
    )
    return [Binding((key, name), client_id, reason) for key, name, client_id, reason in rows]


def _log(product_keys: Collection[str]) -> list[LogLine]:
    """Accepted registrations and acts, in their order."""
    found = LogEntry.objects.filter(
        product_key__in=product_keys,
        code="200",
        service_type__in=[ServiceType.REGISTRATION, ServiceType.MANAGEMENT],
    )
    return [
        LogLine(
            (line.product_key, line.device_name),
            line.operation,
            line.client_id,
            line.connection_id,
            line.detail.get("voided", ""),
        )
        for line in found.order_by("pk").iterator()
    ]
