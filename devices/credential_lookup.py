"""Credentials by names that strangers send, at the same price whether these exist."""

from collections.abc import Sequence
from typing import NamedTuple

from common.sql.uniform_lookup import Decoys
from devices.models import ClientBinding, Device

Name = tuple[str, str]  # ProductKey and DeviceName

# A product that does not exist is 0, which is none's.
_DEVICES = """
WITH asked(product_key, device_name) AS (VALUES {names}),
found AS MATERIALIZED (
    SELECT product_key, device_name, COALESCE((
        SELECT id FROM devices_device AS d WHERE d.device_name = asked.device_name
        AND d.product_id = COALESCE((
            SELECT id FROM products_product AS p WHERE p.product_key = asked.product_key
        ), 0)
    ), %s) AS id FROM asked
)
SELECT found.product_key, found.device_name, p.product_key, d.device_name,
    d.id, d.product_id, d.iot_id, d.device_secret, p.data_connections
FROM found JOIN devices_device AS d ON d.id = found.id
JOIN products_product AS p ON p.id = d.product_id
"""
_BINDINGS = """
WITH asked(client_id) AS (VALUES {names}),
found AS MATERIALIZED (
    SELECT client_id, COALESCE(
        (SELECT id FROM devices_clientbinding AS b WHERE b.client_id = asked.client_id), %s
    ) AS id FROM asked
)
SELECT found.client_id, b.client_id, b.device_id, b.token_digest
FROM found JOIN devices_clientbinding AS b ON b.id = found.id
"""
_devices, _bindings = Decoys(Device), Decoys(ClientBinding)


class FoundDevice(NamedTuple):
    """`exists` is false of a decoy. `carrier` carries the data connections of its product."""

    exists: bool
    pk: int
    product_id: int
    iot_id: str
    sealed_secret: str
    carrier: str

    def __repr__(self) -> str:
        return f"<FoundDevice {self.pk}>"


class FoundBinding(NamedTuple):
    """`exists` is false of a decoy."""

    exists: bool
    device_id: int
    token_digest: str

    def __repr__(self) -> str:
        return f"<FoundBinding of {self.device_id}>"


def devices_or_decoys(names: Sequence[Name]) -> dict[Name, FoundDevice]:
    """By the name that was asked for."""
    if not names:
        return {}
    rows = _devices.rows(_DEVICES, names)
    return {row[:2]: FoundDevice(row[:2] == row[2:4], *row[4:]) for row in rows}


def bindings_or_decoys(client_ids: Sequence[str]) -> dict[str, FoundBinding]:
    """By the ClientID that was asked for."""
    if not client_ids:
        return {}
    rows = _bindings.rows(_BINDINGS, [(client_id,) for client_id in client_ids])
    return {row[0]: FoundBinding(row[0] == row[1], *row[2:]) for row in rows}
