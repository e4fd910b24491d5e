"""Products in the RPC API (console_api.md 3.6)."""

from typing import Any

from operators.api import Actions, Answer, BusinessError, Call, forbidden
from operators.models import AccessKeyScope
from products.models import NetType, Product

ACTIONS = Actions()
# QueryProduct tells the kind of network as a number.
_NET_TYPES = {NetType.WIFI: 3, NetType.CELLULAR: 6, NetType.ETHERNET: 7, NetType.OTHER: 8}
_STATUS = {True: "RELEASE_STATUS", False: "DEVELOPMENT_STATUS"}
_AUTH_TYPE = "secret"
# AliyunCommodityCode of a product with a Thing Specification Language model.
_SENIOR = "iothub_senior"


def product_of(call: Call, *, change: bool = False) -> Product:
    """The product the call names by its ProductKey, if its key may look at it, or change it."""
    product_key = call.parameters.required("ProductKey")
    product = Product.objects.filter(product_key=product_key).first()
    if product is None or not call.may_look_at(product_key):
        raise BusinessError("iot.prod.NotExistedProduct", "The product does not exist.")
    if change and not call.may_change(product_key):
        raise forbidden("The account of the access key may look at this product only.")
    return product


@ACTIONS.add("QueryProduct", AccessKeyScope.READ_ONLY, per_second=50)
def query_product(call: Call) -> Answer:
    product = product_of(call)
    return {
        "Data": {
            **_summary(product),
            "ProductSecret": product.product_secret,
            "ProductStatus": _STATUS[product.published],
            "DeviceCount": product.devices.count(),
            "NetType": _NET_TYPES[NetType(product.net_type)],
        }
    }


def _summary(product: Product) -> dict[str, Any]:
    return {
        "ProductKey": product.product_key,
        "ProductName": product.name,
        "NodeType": product.node_type,
        "DataFormat": product.data_format,
        "AuthType": _AUTH_TYPE,
        "Description": product.description,
        "GmtCreate": int(product.created_at.timestamp() * 1000),
    }
