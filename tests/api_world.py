"""A good call of every action of the API, for tests that go through all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devices.models import Device
from products.models import Product
from tests import rpc
from tests.factories import connect_by_token, issued_client_id, make_device, make_product

BATCH = ("checked-1", "checked-2")


@dataclass(frozen=True)
class World:
    """`device` has two ClientIDs and was online; `apply_id` is that of names that were checked."""

    product: Product
    empty_product: Product
    device: Device
    client_id: str
    apply_id: int

    @property
    def secrets(self) -> set[str]:
        """None of these belongs into a log."""
        products = {self.product.product_secret, self.empty_product.product_secret}
        return {*products, self.device.device_secret, rpc.key_for().secret, IMPORTED_SECRET}


def make_world() -> World:
    product = make_product()
    first, _ = (issued_client_id(product, "clone") for _ in range(2))
    connect_by_token(product, "clone", first)
    names = rpc.data("BatchCheckDeviceNames", ProductKey=product.product_key, DeviceName=BATCH)
    make_device(product, "lamp-0001")
    device = Device.objects.select_related("product").get(device_name="clone")
    return World(product, make_product(), device, first.client_id, names["ApplyId"])


def _product(world: World) -> dict[str, Any]:
    return {"ProductKey": world.product.product_key}


def _iot_id(world: World) -> dict[str, Any]:
    return {"IotId": world.device.iot_id}


def _device(world: World) -> dict[str, Any]:
    return {**_product(world), "DeviceName": world.device.device_name}


def _batch(world: World) -> dict[str, Any]:
    return {**_product(world), "ApplyId": world.apply_id}


def _page(world: World) -> dict[str, Any]:
    return {"CurrentPage": 1, "PageSize": 10}


# As long as any that a back end may bring.
IMPORTED_SECRET = "0f48d1e2a3b4c5d6e7f80912a3b4c5d6"
_IMPORTED = {"DeviceName": "imported", "DeviceSecret": IMPORTED_SECRET, "Sn": "SN1"}

CALLS: Mapping[str, Callable[[World], dict[str, Any]]] = {
    "CreateProduct": lambda world: {
        "ProductName": "Lamp",
        "NodeType": 0,
        "DataFormat": 1,
        "NetType": "WIFI",
        "AuthType": "secret",
        "AliyunCommodityCode": "iothub_senior",
        "Description": "x",
    },
    "UpdateProduct": lambda world: {
        **_product(world),
        "ProductName": "Lamp",
        "Description": "x",
    },
    "QueryProduct": _product,
    "QueryProductList": _page,
    "DeleteProduct": lambda world: {"ProductKey": world.empty_product.product_key},
    "ReleaseProduct": _product,
    "CancelReleaseProduct": _product,
    "RegisterDevice": lambda world: {
        **_product(world),
        "DeviceName": "lamp-0002",
        "Nickname": "Hall",
    },
    "BatchCheckDeviceNames": lambda world: {
        **_product(world),
        "DeviceNameList": [{"DeviceName": "lamp-0002", "DeviceNickname": "Hall"}],
        "DeviceName": ["lamp-0003"],
    },
    "BatchRegisterDevice": lambda world: {**_product(world), "Count": 2},
    "BatchRegisterDeviceWithApplyId": _batch,
    "QueryBatchRegisterDeviceStatus": _batch,
    "QueryPageByApplyId": lambda world: {"ApplyId": world.apply_id, **_page(world)},
    "QueryDevice": lambda world: {**_product(world), **_page(world)},
    "QueryDeviceDetail": _iot_id,
    "QueryDeviceInfo": _device,
    "QueryDeviceByStatus": lambda world: {**_product(world), **_page(world), "Status": 0},
    "QueryDeviceStatistics": _product,
    "BatchGetDeviceState": lambda world: {
        **_product(world),
        "DeviceName": ["lamp-0001", world.device.device_name],
    },
    "GetDeviceStatus": _device,
    "BatchUpdateDeviceNickname": lambda world: {
        "DeviceNicknameInfo": [
            {**_iot_id(world), "Nickname": "Hall"},
            {**_product(world), "DeviceName": "lamp-0001", "Nickname": "Door"},
        ]
    },
    "DisableThing": _device,
    "EnableThing": _device,
    "ResetThing": _iot_id,
    "DeleteDevice": _device,
    "QueryClientIds": _iot_id,
    "TransformClientId": lambda world: {**_iot_id(world), "ClientId": world.client_id},
    "DeleteClientIds": _iot_id,
    "ImportDevice": lambda world: {**_product(world), **_IMPORTED, "Nickname": "Hall"},
    "BatchImportDevice": lambda world: {**_product(world), "DeviceList": [_IMPORTED]},
    "BatchCheckImportDevice": lambda world: {**_product(world), "DeviceList": [_IMPORTED]},
}
