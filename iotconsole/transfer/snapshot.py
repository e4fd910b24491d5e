"""Reading everything as it is at one moment, while others write."""

import contextlib
from collections.abc import Iterator

from django.db import connections, transaction


@contextlib.contextmanager
def one_moment(using: str = "default") -> Iterator[None]:
    """All reading in the block sees the same state. Nobody waits for it; nothing can be written."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with transaction.atomic(using=using, durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # Not `atomic`, which on SQLite takes the only write lock.
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only = ON")
        cursor.execute("BEGIN DEFERRED")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
            cursor.execute("PRAGMA query_only = OFF")
