"""Existing products and devices that a part of an import names. Read only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Self

from devices.models import ClientBinding, Device
from imports.fleet.columns import IOT_ID, PRODUCT_NAME
from imports.fleet.records import Item, ItemKind
from products.models import Product

Name = tuple[str, str]  # ProductKey and DeviceName
# Of a device; reading the others would cost as much again.
_COMPARED = (
    *("product", "device_name", "device_secret"),
    *("activated_at", "registration_refused"),
)


class Known:
    """Every lookup is a dictionary: a part costs a handful of queries, however much it holds."""

    def __init__(self) -> None:
        self.products: dict[str, Product] = {}
        self.product_names: dict[str, str] = {}  # to ProductKeys
        self.devices: dict[Name, Device] = {}
        self.iot_ids: dict[str, int] = {}  # to ids of devices
        self.bindings: dict[str, ClientBinding] = {}
        self.slots: defaultdict[int, set[int]] = defaultdict(set)  # held, by ids of devices

    @classmethod
    def of(cls, items: Sequence[Item], *, lock: bool = False) -> Self:
        """With `lock`, no device registers and none of these changes until the transaction ends.

        Locks in the order of everybody else: products, then devices by their keys.
        """
        known = cls()
        known._read_products(items, lock=lock)
        devices = [item for item in items if item.kind == ItemKind.DEVICE]
        known._read_devices(devices, lock=lock)
        known._read_iot_ids(item[IOT_ID] for item in devices)
        known._read_client_ids(devices)
        return known

    def _read_products(self, items: Sequence[Item], *, lock: bool) -> None:
        keys = {item.product_key for item in items}
        found = Product.objects.filter(product_key__in=keys).order_by("pk")
        if lock:
            found = found.select_for_update(no_key=True)
        self.products = {product.product_key: product for product in found}
        named = [item[PRODUCT_NAME] or item.product_key for item in items if item.kind == "p"]
        if named:
            taken = Product.objects.filter(name__in=named)
            self.product_names = dict(taken.values_list("name", "product_key"))

    def _read_devices(self, items: Sequence[Item], *, lock: bool) -> None:
        keys = {product.pk: key for key, product in self.products.items()}
        names = {item.name for item in items if item.product_key in self.products}
        if not names:
            return
        found = Device.objects.filter(
            product__in=keys, device_name__in={device_name for _, device_name in names}
        )
        found = found.only(*_COMPARED)
        if lock:
            found = found.select_for_update(of=("self",))
        for device in found.order_by("pk"):
            name = keys[device.product_id], device.device_name
            if name in names:
                self.devices[name] = device

    def _read_iot_ids(self, iot_ids: Iterable[str]) -> None:
        wanted = {iot_id for iot_id in iot_ids if iot_id}
        if wanted:
            found = Device.objects.filter(iot_id__in=wanted)
            self.iot_ids = dict(found.values_list("iot_id", "pk"))

    def _read_client_ids(self, items: Sequence[Item]) -> None:
        wanted = {issued.client_id for item in items for issued in item.client_ids}
        if not wanted:
            return
        found = ClientBinding.objects.filter(client_id__in=wanted)
        self.bindings = {binding.client_id: binding for binding in found}
        live = ClientBinding.objects.filter(
            device__in=[device.pk for device in self.devices.values()], voided_at__isnull=True
        )
        for device_id, slot in live.values_list("device_id", "slot"):
            self.slots[device_id].add(slot)
