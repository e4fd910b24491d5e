"""Products that are moved in with the ProductKey and ProductSecret they had."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext_noop

from operators.actor import Actor
from operators.operations import audit
from products.models import DataFormat, NetType, NodeType, Product, ProductStatus


@dataclass(frozen=True, slots=True)
class Adopted:
    """A product as it was; Dynamic Registration is off all the same."""

    product_key: str
    product_secret: str = field(repr=False)
    name: str
    description: str = ""
    node_type: int = NodeType.DIRECT
    net_type: str = NetType.WIFI
    data_format: int = DataFormat.ALINK_JSON
    published: bool = False


def adopt_products(actor: Actor, adopted: Sequence[Adopted]) -> list[Product]:
    """Create them all. Raises IntegrityError when a ProductKey or a name is taken meanwhile."""
    with transaction.atomic():
        products = Product.objects.bulk_create(_product(each) for each in adopted)
        summary = gettext_noop("Imported product %(name)s with its ProductKey and ProductSecret")
        audit.record_many(
            actor,
            [
                audit.Act("product.adopt", product.target, summary, {"name": product.name})
                for product in products
            ],
        )
    return products


def _product(adopted: Adopted) -> Product:
    return Product(
        product_key=adopted.product_key,
        product_secret=adopted.product_secret,
        name=adopted.name,
        description=adopted.description[:100],
        node_type=adopted.node_type,
        net_type=adopted.net_type,
        data_format=adopted.data_format,
        status=ProductStatus.PUBLISHED if adopted.published else ProductStatus.DEVELOPMENT,
    )
