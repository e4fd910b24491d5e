"""A lock by name, for what has no row to lock."""

import hashlib
import json

from django.db import connection


def hold(*name: str) -> None:
    """Wait for the lock and keep it until the transaction ends. Call it inside one.

    SQLite's writing transactions exclude each other without it.
    """
    if connection.vendor != "postgresql":
        return
    digest = hashlib.sha256(json.dumps(name).encode()).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
