"""DeviceNames of a list that the broker of their product cannot carry."""

from collections.abc import Iterable

from devices.operations.broker_names import not_carried
from imports.batches.problems import DEVICE_NAME, Problem
from products.models import Product


def broker_problems(product: Product, device_names: Iterable[str]) -> dict[str, Problem]:
    """By name. Call it inside the transaction that adds them (`not_carried`)."""
    return {
        name: Problem(DEVICE_NAME, "not_carried", unfit._asdict())
        for name, unfit in not_carried(product, device_names).items()
    }
