"""The tables, what a row of them is, and the order in which they can be filled."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from ipaddress import ip_address
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from django.apps import apps
from django.db import Error as AnyDatabaseError
from django.db import connections, models
from django.db.models import ExpressionWrapper, F

from common.ops.error_log import describe
from iotconsole.transfer import CopyError

if TYPE_CHECKING:
    Field: TypeAlias = models.Field[Any, Any]
else:
    Field = models.Field

# One value for each column of a table, in their order.
Row = Sequence[Any]

CHUNK = 2000
_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class Column:
    """`stored` is a field of Django's own that reads and writes what the database keeps.

    Fields of other makers turn values into something else on the way, decrypt them for one.
    """

    name: str
    stored: Field

    @classmethod
    def of(cls, field: Field) -> "Column":
        target = field
        while isinstance(target, models.ForeignKey):
            target = target.target_field
        if not type(target).__module__.startswith("django.db.models."):
            target = getattr(models, target.get_internal_type())()
        return cls(field.attname, target)

    def canonical(self, value: Any) -> Any:
        """The same on every database, which JSON can hold, and which `value_of` takes back."""
        if value is None or isinstance(self.stored, models.JSONField):
            return value
        if isinstance(self.stored, models.GenericIPAddressField):
            return str(ip_address(value))
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        if isinstance(value, bytes | memoryview):
            return b64encode(value).decode("ascii")
        return value if isinstance(value, bool | int | float) else str(value)

    def value_of(self, canonical: Any) -> Any:
        if isinstance(self.stored, models.JSONField):
            return canonical
        return self.stored.to_python(canonical)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the database. Rows are read and written in their canonical form."""

    model: type[models.Model]
    columns: tuple[Column, ...]

    @classmethod
    def of(cls, model: type[models.Model]) -> "Table":
        return cls(model, tuple(Column.of(field) for field in model._meta.concrete_fields))

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    def is_empty(self, using: str) -> bool:
        return not self.model._base_manager.using(using).exists()

    def clear(self, using: str) -> None:
        with connections[using].cursor() as cursor:
            cursor.execute(f"DELETE FROM {_quoted(using, self.name)}")  # noqa: S608 - our own name

    def rows(self, using: str) -> Iterator[list[Any]]:
        """All of them, in any order, few at a time."""
        # Wrapped, so that the columns' own fields have no part in it.
        wanted = [ExpressionWrapper(F(c.name), output_field=c.stored) for c in self.columns]
        found = self.model._base_manager.using(using).order_by().values_list(*wanted)
        for row in found.iterator(chunk_size=CHUNK):
            yield [column.canonical(v) for column, v in zip(self.columns, row, strict=True)]

    def write(self, using: str, rows: Iterable[Row]) -> int:
        """Insert them all; returns how many. Raises CopyError."""
        remaining, written = iter(rows), 0
        with connections[using].cursor() as cursor:
            while chunk := list(islice(remaining, CHUNK)):
                try:
                    cursor.executemany(self._insert(using), [self._values(using, r) for r in chunk])
                except (AnyDatabaseError, ValueError) as error:
                    # Not the error's own words: they may quote the row.
                    which = f"{self.name}, rows {written + 1} to {written + len(chunk)}"
                    raise CopyError(f"{which}: the database refuses ({describe(error)}).") from None
                written += len(chunk)
        return written

    def _insert(self, using: str) -> str:
        fields = self.model._meta.concrete_fields
        names = ", ".join(_quoted(using, str(field.column)) for field in fields)
        places = ", ".join("%s" for _ in fields)
        return f"INSERT INTO {_quoted(using, self.name)} ({names}) VALUES ({places})"  # noqa: S608

    def _values(self, using: str, row: Row) -> list[Any]:
        connection = connections[using]
        return [
            column.stored.get_db_prep_save(column.value_of(value), connection)
            for column, value in zip(self.columns, row, strict=True)
        ]


class Digest:
    """Counts rows and sums them up, whatever order they come in: two databases sort differently."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def add(self, row: Row) -> str:
        """Returns the row as one line of JSON."""
        line = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self.count += 1
        self._sum += int.from_bytes(hashlib.sha256(line.encode(errors="surrogatepass")).digest())
        return line

    def counting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, each added on its way."""
        for row in rows:
            self.add(row)
            yield row

    @property
    def hex(self) -> str:
        return f"{self._sum % _MODULUS:064x}"


def all_tables() -> list[Table]:
    """Each after those that its rows point at. Proxies and what others keep are not among them."""
    found = apps.get_models(include_auto_created=True)
    kept = {model for model in found if model._meta.managed and not model._meta.proxy}
    pointed: dict[type[models.Model], set[type[models.Model]]] = {
        model: {_target(field) for field in model._meta.concrete_fields} & kept - {model}
        for model in sorted(kept, key=lambda model: model._meta.db_table)
    }
    return [Table.of(model) for model in TopologicalSorter(pointed).static_order()]


def _target(field: Field) -> Any:
    return field.related_model


def _quoted(using: str, name: str) -> str:
    return connections[using].ops.quote_name(name)
