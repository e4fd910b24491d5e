"""Refuse DeviceNames that the broker of their product cannot carry (products.broker_topics)."""

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import gettext as _

from common.errors import OperationError
from products.broker_topics import BROKERS, unfit_in
from products.models import DataConnections, Product


class NotCarried(NamedTuple):
    """The broker, as people name it, and the character that it cannot carry."""

    broker: str
    found: str


def not_carried(product: Product, device_names: Iterable[str]) -> dict[str, NotCarried]:
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
    broker = str(DataConnections(carrier).label) if carrier else ""
    return {name: NotCarried(broker, unfit) for name, unfit in found.items() if unfit}


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
