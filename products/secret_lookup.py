"""ProductSecrets by ProductKeys that strangers name, at the same price whether they exist."""

from collections.abc import Sequence

from django.db import DEFAULT_DB_ALIAS, connection

from common.sql.uniform_lookup import Decoys, Row
from products.models import Product

_SQL = """
WITH asked(product_key) AS (VALUES {names}),
found AS MATERIALIZED (
    SELECT product_key, COALESCE(
        (SELECT id FROM products_product AS p WHERE p.product_key = asked.product_key), %s
    ) AS id FROM asked
)
SELECT found.product_key, p.id, p.product_key, p.product_secret, p.secret_version,
    p.previous_secret_sealed, p.previous_secret_until
FROM found JOIN products_product AS p ON p.id = found.id
"""
_COLUMNS = (
    *("id", "product_key", "product_secret", "secret_version"),
    *("previous_secret_sealed", "previous_secret_until"),
)
_decoys = Decoys(Product)


def products_or_decoys(product_keys: Sequence[str]) -> dict[str, Product]:
    """By what was asked for, with their secrets only. One with another ProductKey is a decoy."""
    if not product_keys:
        return {}
    rows = _decoys.rows(_SQL, [(key,) for key in product_keys])
    # All are read by now: a secret that cannot be decrypted leaves no cursor half read.
    products = _products([row[1:] for row in rows])
    return {row[0]: product for row, product in zip(rows, products, strict=True)}


def _products(rows: Sequence[Row]) -> list[Product]:
    compiler = Product.objects.all().query.get_compiler(connection=connection)
    fields = {field.name: field for field in Product._meta.concrete_fields}
    columns = [fields[name].get_col(Product._meta.db_table) for name in _COLUMNS]
    converters = compiler.get_converters(columns)
    converted = compiler.apply_converters(rows, converters)
    return [Product.from_db(DEFAULT_DB_ALIAS, _COLUMNS, row) for row in converted]
