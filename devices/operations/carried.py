"""DeviceNames that the broker of their product cannot carry are not added (products.carriers)."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from devices.batches.problems import DEVICE_NAME, Problem
from common.web.errors import OperationError
from products.carriers import BROKERS, unfit_in
from products.models import DataConnections, Product


def not_carried(product: Product, device_names: Iterable[str]) -> dict[str, Problem]:
    """Those that cannot be carried, with the reason.

    Call it inside the transaction that adds them. While any of them could not be carried somewhere,
    it holds the product, so that it is not given to another broker at the same time.
    """
    doubtful = [name for name in device_names if any(unfit_in(b, name) for b in BROKERS)]
    if not doubtful:
        return {}
    held = Product.objects.select_for_update(no_key=True).filter(pk=product.pk)
    carrier = held.values_list("data_connections", flat=True).first() or ""
    found = {name: unfit_in(carrier, name) for name in doubtful}
    return {name: _problem(carrier, unfit) for name, unfit in found.items() if unfit}


def refuse_not_carried(product: Product, device_name: str, field: str) -> None:
    """Raises OperationError on `field`; otherwise as above."""
    if device_name in not_carried(product, [device_name]):
        carrier = product.get_data_connections_display()
        raise OperationError(
            _(
                "%(broker)s carries the data connections of this product and does not support a "
                "DeviceName with a dot or colon."
            )
            % {"broker": carrier},
            field=field,
        )


def _problem(carrier: str, unfit: str) -> Problem:
    broker = str(DataConnections(carrier).label)
    return Problem(DEVICE_NAME, "not_carried", {"broker": broker, "found": unfit})
