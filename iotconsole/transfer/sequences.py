"""Where the numbering of rows goes on. An id that was once given away is never given again."""

from django.core.management.color import no_style
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from iotconsole.transfer.tables import Table


def last_number(table: Table, using: str) -> int:
    """The highest id that was ever given; 0 where the database gives none."""
    key = table.model._meta.pk
    if not isinstance(key, models.AutoField | models.BigAutoField):
        return 0
    connection = connections[using]
    number = {"sqlite": _of_sqlite, "postgresql": _of_postgres}[connection.vendor]
    return number(connection, table.name, str(key.column))


def _of_sqlite(connection: BaseDatabaseWrapper, table: str, _: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _of_postgres(connection: BaseDatabaseWrapper, table: str, column: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass), 0)",
            [connection.ops.quote_name(table), column],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def go_on_after(table: Table, number: int, using: str) -> None:
    """The next row gets an id above `number` and above all there are."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [table.model]):
            cursor.execute(statement)
        if number <= last_number(table, using):
            return
        if connection.vendor == "postgresql":
            key = table.model._meta.pk.column
            name = connection.ops.quote_name(table.name)
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [name, key, number])
        else:
            # The table has no unique index to replace by.
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table.name])
            cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table.name, number])
