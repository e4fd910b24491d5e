"""ProductSecrets by ProductKeys that strangers name, at the same price whether they exist."""

from collections.abc import Collection

from iotconsole.kit.decoys import Decoys
from products.models import Product

_SQL = """
WITH asked(product_key) AS (VALUES {names}),
found AS MATERIALIZED (
    SELECT product_key, COALESCE(
        (SELECT id FROM products_product AS p WHERE p.product_key = asked.product_key), %s
    ) AS id FROM asked
)
SELECT found.product_key AS asked, p.id, p.product_key, p.product_secret, p.secret_version,
    p.previous_secret_sealed, p.previous_secret_until
FROM found JOIN products_product AS p ON p.id = found.id
"""
_decoys = Decoys(Product)


def products_or_decoys(product_keys: Collection[str]) -> dict[str, Product]:
    """By what was asked for, with their secrets only. One with another ProductKey is a decoy."""
    if not product_keys:
        return {}
    names = [(key,) for key in product_keys]
    rows = _decoys.rows(_SQL, names, lambda sql, values: list(Product.objects.raw(sql, values)))
    return {product.asked: product for product in rows}  # type: ignore[attr-defined]
