"""Filling an empty database, all of it or nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction
from django.db.migrations.recorder import MigrationRecorder

from devices.count_triggers import keep_counting, stop_counting
from devices.models import DeviceCount
from iotconsole.transfer import CopyError
from iotconsole.transfer.sequences import go_on_after
from iotconsole.transfer.tables import Digest, Row, Table, all_tables

# What `migrate` puts into a new database; the first gives way to what is copied.
_FURNITURE = (ContentType, Permission)


@dataclass(frozen=True, slots=True)
class Written:
    """Content of a table: how many rows, their digest, and the highest id ever given."""

    count: int
    digest: str
    last: int


class Source(Protocol):
    def rows(self, table: Table) -> Iterable[Row]: ...

    def written(self, table: Table) -> Written:
        """Asked after the rows were read."""


def tables_to_copy() -> list[Table]:
    """All but the counts of devices, which the database keeps by itself."""
    return [table for table in all_tables() if table.model is not DeviceCount]


def applied_migrations(using: str = "default") -> set[str]:
    applied = MigrationRecorder(connections[using]).applied_migrations()
    return {f"{app}.{name}" for app, name in applied}


def require_empty(using: str = "default") -> None:
    """Raises CopyError unless it is as `migrate` makes it, or has no tables at all."""
    present = connections[using].introspection.table_names()
    held = [
        table.name
        for table in tables_to_copy()
        if table.name in present and table.model not in _FURNITURE and not table.is_empty(using)
    ]
    if held:
        named = ", ".join(held[:3]) + (" and others" if len(held) > 3 else "")
        raise CopyError(f"The database to fill is not empty ({named}): nothing was changed.")


def fill(
    source: Source,
    using: str = "default",
    *,
    verify: Callable[[], None] = lambda: None,
) -> Mapping[str, int]:
    """Copy everything in one transaction, read it back and compare; returns rows by table.

    `verify` is called before the commit. Raises CopyError; whatever is raised, nothing is left.
    """
    tables, counts = tables_to_copy(), dict[str, int]()
    with transaction.atomic(using=using, durable=True):
        require_empty(using)
        stop_counting(using)
        for table in reversed(tables):
            table.clear(using)
        for table in tables:
            counts[table.name] = _copy(source, table, using)
        keep_counting(using)
        connections[using].check_constraints()
        verify()
    return counts


def _copy(source: Source, table: Table, using: str) -> int:
    table.write(using, source.rows(table))
    expected, found = source.written(table), Digest()
    for row in table.rows(using):
        found.add(row)
    if found.count != expected.count:
        raise CopyError(f"{table.name}: {found.count} rows arrived of {expected.count}.")
    if found.hex != expected.digest:
        raise CopyError(f"{table.name}: not every row arrived as it was.")
    go_on_after(table, expected.last, using)
    connection = connections[using]
    if connection.vendor == "postgresql":
        # What it checks at the commit it remembers row by row until then.
        connection.check_constraints([table.name])
    return found.count
