"""Names much like one that does not exist: what a typing mistake was meant to be. Read only."""

from collections.abc import Iterable, Iterator

from django.db.models import F

from common.sql.prefix_lookup import in_byte_order
from common.web.filters import FEW
from devices.models import Device
from products.models import Product

# ProductKeys compared, newest products first; the platform allows 1,000 products.
_MOST_PRODUCTS = 1000
# Neighbours in the order of names that are compared, on either side.
_NEIGHBOURS = 40
_FAR = 2  # edits: what is further away is another name

_SEPARATORS = "-_@.:"


def nearest_product_key(product_key: str) -> str:
    """The existing ProductKey at most two edits away, or in other case; else empty."""
    keys = Product.objects.order_by("-pk").values_list("product_key", flat=True)[:_MOST_PRODUCTS]
    return _nearest(product_key, keys)


def nearest_device_name(product: Product, device_name: str) -> str:
    """The product's DeviceName most like this one; empty when there is none.

    Looked for by index only, so not every name at that distance is found: the same letters in
    other case or with other separators (a MAC address), one letter too many or two exchanged, and
    whatever stands beside it in the order of names.
    """
    devices = Device.objects.filter(product=product).order_by()
    names = devices.values_list("device_name", flat=True)
    alike = list(names.filter(device_name__in=_respelt(device_name) | _slips(device_name)))
    return _nearest(device_name, [*alike, *_neighbours(product, device_name)])


def _neighbours(product: Product, device_name: str) -> Iterator[str]:
    devices = Device.objects.filter(product=product).order_by()
    if devices.values("pk")[FEW : FEW + 1]:
        # The sum is no column: otherwise SQLite takes the index of products, and sorts all names.
        devices = Device.objects.alias(owner=F("product_id") + 0).filter(owner=product.pk)
    names = devices.values_list("device_name", flat=True)
    after, before = in_byte_order("device_name"), in_byte_order("device_name", descending=True)
    yield from names.filter(device_name__after=device_name).order_by(after)[:_NEIGHBOURS]
    yield from names.filter(device_name__before=device_name).order_by(before)[:_NEIGHBOURS]


def _nearest(name: str, others: Iterable[str]) -> str:
    """The closest; one that differs in case and separators only counts as no edit."""
    plain = _plain(name)
    ranked = sorted(
        (0 if _plain(other) == plain else distance(name, other, _FAR + 1), other)
        for other in dict.fromkeys(others)
        if other != name
    )
    # Two edits in a name of four letters would make anything alike.
    far = min(_FAR, max(1, len(name) // 4))
    return ranked[0][1] if ranked and ranked[0][0] <= far else ""


def distance(one: str, two: str, most: int) -> int:
    """Letters to insert, delete or replace to get from one to the other; `most` when it is more."""
    if abs(len(one) - len(two)) >= most:
        return most
    row = list(range(len(two) + 1))
    for count, letter in enumerate(one, 1):
        last, row[0] = row[0], count
        for place, other in enumerate(two, 1):
            last, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, last + (letter != other)),
            )
    return min(row[-1], most)


def _plain(name: str) -> str:
    return name.casefold().translate(str.maketrans("", "", _SEPARATORS))


def _respelt(name: str) -> set[str]:
    """The same letters and digits, as people write serial numbers and MAC addresses."""
    bare = "".join(letter for letter in name if letter not in _SEPARATORS)
    paired = [bare[start : start + 2] for start in range(0, len(bare), 2)]
    spelt = {name, bare, *(separator.join(paired) for separator in _SEPARATORS)}
    return {change(text) for text in spelt for change in (str.upper, str.lower, str)} - {name}


def _slips(name: str) -> set[str]:
    """One letter too many, or two exchanged."""
    shorter = {name[:place] + name[place + 1 :] for place in range(len(name))}
    exchanged = {
        name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        for place in range(len(name) - 1)
    }
    return (shorter | exchanged) - {name}
