"""A fleet of any size, written by the database itself: through the ORM a million take minutes.

All devices have one DeviceSecret and one DeviceToken, each an ended session and a ClientID. The
time to read a row does not depend on what is in it.
"""

from dataclasses import dataclass

from django.db import connection

from common.crypto.encrypted_fields import encrypt
from devices.credentials import new_device_secret, new_device_token, token_digest
from operators.actor import SHELL
from products.models import Product
from products.operations.manage import create_product

_DEVICES = """
INSERT INTO devices_device (product_id, device_name, iot_id, device_secret, created_at, changed_at,
    nickname, sn, preregistered, enabled, registration_refused, secret_blocked, secret_version,
    counted_in)
SELECT %s, {name}, {random}, %s, {now}, {now}, '', '', true, true, false, false, 1, 0 FROM {numbers}
"""
_SESSIONS = """
INSERT INTO devices_session (device_id, product_id, trace_id, listener, connected_at, ended_at,
    client_id, connection, sdk)
SELECT id, product_id, substr({random}, 1, 16), {random}{uuid}, {now}, {now}, '', '', ''
FROM devices_device WHERE product_id = %s
"""
_BINDINGS = """
INSERT INTO devices_clientbinding (device_id, client_id, token_digest, slot, issued_at, void_reason)
SELECT id, %s || device_name, %s, 0, {now}, '' FROM devices_device WHERE product_id = %s
"""
_DIALECTS = {
    "sqlite": {
        "name": "printf('lamp-%%07d', number)",
        "random": "lower(hex(randomblob(16)))",
        "uuid": "",
        "now": "datetime('now')",
        "numbers": "(WITH RECURSIVE s (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM s "
        "WHERE number + 1 < %s) SELECT number FROM s)",
    },
    "postgresql": {
        "name": "'lamp-' || lpad(number::text, 7, '0')",
        "random": "md5(random()::text)",
        "uuid": "::uuid",
        "now": "now()",
        "numbers": "(SELECT generate_series(0, %s - 1) AS number) AS s",
    },
}


@dataclass(frozen=True, slots=True)
class Fleet:
    product: Product
    device_secret: str
    device_token: str

    @staticmethod
    def device_name(number: int) -> str:
        return f"lamp-{number:07}"

    def client_id(self, number: int) -> str:
        return self.product.product_key + self.device_name(number)


def build(size: int) -> Fleet:
    """A product with so many devices; afterwards the planner knows how many."""
    product = create_product(SHELL, f"bench-{size}")
    fleet = Fleet(product, new_device_secret(), new_device_token())
    words = _DIALECTS[connection.vendor]
    with connection.cursor() as cursor:
        sealed = encrypt(fleet.device_secret)
        cursor.execute(_DEVICES.format(**words), [product.pk, sealed, size])
        cursor.execute(_SESSIONS.format(**words), [product.pk])
        digest = token_digest(fleet.device_token)
        cursor.execute(_BINDINGS.format(**words), [product.product_key, digest, product.pk])
        cursor.execute("ANALYZE")
    return fleet
