"""Products in the RPC API (console_api.md 3.6)."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import QuerySet, Sum

from operators.models import AccessKeyScope
from operators.rpc_registry import (
    Actions,
    Answer,
    BusinessError,
    Call,
    forbidden,
    page_of,
    refused_as,
)
from products.access import visible_products
from products.models import DataFormat, NetType, NodeType, Product
from products.operations import manage
from products.operations.reveal import note_reading

ACTIONS = Actions()
Value = TypeVar("Value", str, int)
# The one way of authentication there is here.
_AUTH_TYPE = "secret"
# QueryProduct tells the kind of network as a number.
_NET_TYPES = {NetType.WIFI: 3, NetType.CELLULAR: 6, NetType.ETHERNET: 7, NetType.OTHER: 8}
_STATUS = {True: "RELEASE_STATUS", False: "DEVELOPMENT_STATUS"}
_COMMODITY_CODES = ("", "iothub", "iothub_senior")
_MALFORMED = "iot.common.InvalidFormattedParameter"


def product_of(call: Call, *, change: bool = False) -> Product:
    """The product the call names by its ProductKey, if its key may look at it, or change it."""
    product_key = call.parameters.required("ProductKey")
    product = Product.objects.filter(product_key=product_key).first()
    if product is None or not call.may_look_at(product_key):
        raise BusinessError("iot.prod.NotExistedProduct", "The product does not exist.")
    if change and not call.may_change(product_key):
        raise forbidden("The account of the access key may look at this product only.")
    return product


@ACTIONS.add("CreateProduct", AccessKeyScope.EVERYTHING, per_second=50)
def create_product(call: Call) -> Answer:
    """Dynamic Registration is off, and stays behind the code of an operator."""
    given = call.parameters
    with refused_as(
        "iot.prod.CreateProductFailed",
        taken="iot.prod.AlreadyExistedProductName",
        name="iot.prod.InvalidFormattedProductName",
        description="iot.prod.LongProductDesc",
    ):
        product = manage.create_product(
            call.actor,
            given.required("ProductName"),
            description=given.text("Description"),
            **_kind(call),
        )
    data = {
        **_described(product),
        "Id2": False,
        "ProductSecret": product.product_secret,
        "AliyunCommodityCode": given.text("AliyunCommodityCode"),
    }
    return {"ProductKey": product.product_key, "Data": data}


def _kind(call: Call) -> dict[str, Any]:
    """Read what can never be changed afterwards; there is one way of authentication."""
    given = call.parameters
    given.required("NodeType")
    code = given.text("AliyunCommodityCode")
    _one_of("AliyunCommodityCode", code, _COMMODITY_CODES, "iot.prod.InvalidAliyunCommodityCode")
    _one_of("AuthType", given.text("AuthType", _AUTH_TYPE), [_AUTH_TYPE])
    node_type, data_format = given.integer("NodeType", 0), given.integer("DataFormat", 1)
    return {
        "node_type": _one_of("NodeType", node_type, NodeType, "iot.prod.InvalidNodeType"),
        "net_type": _one_of("NetType", given.text("NetType", "WIFI"), NetType),
        "data_format": _one_of("DataFormat", data_format, DataFormat),
    }


def _one_of(name: str, value: Value, offered: Iterable[Value], code: str = _MALFORMED) -> Value:
    choices = list(offered)
    if value not in choices:
        named = ", ".join(str(choice) for choice in choices if choice != "")
        raise BusinessError(code, f"{name} is one of {named}.")
    return value


@ACTIONS.add("UpdateProduct", AccessKeyScope.EVERYTHING, per_second=10)
def update_product(call: Call) -> Answer:
    """Name and description; what is not given stays."""
    product = product_of(call, change=True)
    with refused_as(
        "iot.prod.UpdateProductFailed",
        taken="iot.prod.AlreadyExistedProductName",
        name="iot.prod.InvalidFormattedProductName",
        description="iot.prod.LongProductDesc",
    ):
        manage.update_product(
            call.actor,
            product.product_key,
            name=call.parameters.required("ProductName"),
            description=call.parameters.text("Description", product.description),
        )
    return {}


@ACTIONS.add("QueryProduct", AccessKeyScope.READ_ONLY, per_second=50)
def query_product(call: Call) -> Answer:
    """The ProductSecret is empty for a key that may only read."""
    product = product_of(call)
    counted = Product.objects.filter(pk=product.pk).aggregate(total=Sum("device_counts__total"))
    return {
        "Data": {
            **_described(product),
            "Id2": False,
            "ProductSecret": _secret(call, product),
            "ProductStatus": _STATUS[product.published],
            "DeviceCount": counted["total"] or 0,
            "GmtCreate": _milliseconds(product),
            "NetType": _NET_TYPES[NetType(product.net_type)],
            "Owner": True,
        }
    }


def _secret(call: Call, product: Product) -> str:
    if not call.reveals(product.product_key):
        return ""
    note_reading(call.actor, product, "product")
    return product.product_secret


@ACTIONS.add("QueryProductList", AccessKeyScope.READ_ONLY, per_second=50)
def query_product_list(call: Call) -> Answer:
    """Newest first, without their secrets."""
    call.parameters.required("CurrentPage")
    call.parameters.required("PageSize")
    page = page_of(call, largest=200)
    products = _visible(call)
    total = products.count()
    shown = page.slice(products.annotate(devices_in_all=Sum("device_counts__total")))
    return {
        "Data": {
            "CurrentPage": page.number,
            "PageSize": page.size,
            "PageCount": page.pages(total),
            "Total": total,
            "List": {"ProductInfo": [_listed(product) for product in shown]},
        }
    }


def _visible(call: Call) -> QuerySet[Product]:
    products = visible_products(call.operator) if call.operator else Product.objects.all()
    return products.defer("product_secret").order_by("-pk")


def _listed(product: Any) -> dict[str, Any]:
    return {
        **_described(product),
        "DeviceCount": product.devices_in_all or 0,
        "GmtCreate": _milliseconds(product),
    }


@ACTIONS.add("DeleteProduct", AccessKeyScope.EVERYTHING, per_second=500)
def delete_product(call: Call) -> Answer:
    """Refused while it has devices or is published."""
    product = product_of(call, change=True)
    with refused_as("iot.prod.DeleteProductFailed"):
        manage.delete_product(call.actor, product.product_key)
    return {}


@ACTIONS.add("ReleaseProduct", AccessKeyScope.EVERYTHING, per_second=50)
def release_product(call: Call) -> Answer:
    return _publish(call, published=True)


@ACTIONS.add("CancelReleaseProduct", AccessKeyScope.EVERYTHING, per_second=50)
def cancel_release_product(call: Call) -> Answer:
    return _publish(call, published=False)


def _publish(call: Call, *, published: bool) -> Answer:
    product = product_of(call, change=True)
    with refused_as("iot.prod.UpdateProductFailed"):
        manage.set_published(call.actor, product.product_key, published=published)
    return {}


def _described(product: Product) -> dict[str, Any]:
    """Fields common to every product response."""
    return {
        "ProductKey": product.product_key,
        "ProductName": product.name,
        "NodeType": product.node_type,
        "DataFormat": product.data_format,
        "AuthType": _AUTH_TYPE,
        "Description": product.description,
    }


def _milliseconds(product: Product) -> int:
    return int(product.created_at.timestamp() * 1000)
