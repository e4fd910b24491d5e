"""Finding what an operator's or back end's request names."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from common.errors import NotFoundError
from devices.models import Device
from products.models import Product

# Names of one statement.
_AT_ONCE = 500


def product_by_key(product_key: str) -> Product:
    """Raises NotFoundError."""
    try:
        return Product.objects.get(product_key=product_key)
    except Product.DoesNotExist as error:
        raise NotFoundError(_("This product does not exist."), field="product_key") from error


def taken_names(product: Product, device_names: Collection[str]) -> set[str]:
    """Which of them the product has."""
    wanted, found = list(device_names), set[str]()
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        known = Device.objects.filter(product=product, device_name__in=some)
        found.update(known.values_list("device_name", flat=True))
    return found


def locked_device(product_key: str, device_name: str) -> Device:
    """The device with its product, locked until the transaction ends; raises NotFoundError.

    Every change of a device begins with this lock, so that registrations, Switch and Clear of one
    DeviceName happen one after the other.
    """
    try:
        return (
            Device.objects.select_for_update(of=("self",))
            .select_related("product")
            .get(product__product_key=product_key, device_name=device_name)
        )
    except Device.DoesNotExist as error:
        raise NotFoundError(_("This device does not exist."), field="device_name") from error
