"""Writing many rows with one statement, from plain tuples.

`bulk_create` makes an object of every row and asks all its fields to convert their values, one by
one: of a log entry that is most of the price. Here a column is converted as a whole, and the text
of the statement is the same however many rows there are: SQLite runs it once for each, PostgreSQL
is given the columns as arrays.
"""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import repeat
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, models

from common.crypto.encrypted_fields import EncryptedTextField, encrypt
from common.sql.pg_arrays import array_of, array_type, target_of

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class Writer:
    """Appends rows to the table of `model`.

    A row tells the columns `names`, in this order; `alike` are told once for all rows of a call.
    Columns that neither names have the default of their field. Of rows that are there already by
    their columns `unique`, `replace` is written anew and all else left as it is.
    """

    def __init__(
        self,
        model: type[models.Model],
        names: Sequence[str],
        *,
        alike: Sequence[str] = (),
        unique: Sequence[str] = (),
        replace: Sequence[str] = (),
    ) -> None:
        every = [field for field in model._meta.concrete_fields if not field.primary_key]
        fields = {field.name: field for field in every}
        self._table = model._meta.db_table
        self._fields = [fields.pop(name) for name in names]
        self._alike = {name: fields.pop(name) for name in alike}
        self._defaults = {field: _default(field) for field in fields.values()}
        self._unique = [field for field in every if field.name in unique]
        self._replace = [field for field in every if field.name in replace]
        self._statement = "", ""

    def write(self, rows: Collection[tuple[Any, ...]], **alike: Any) -> None:
        """With one statement, or none for no rows."""
        if not rows:
            return
        told = zip(self._fields, zip(*rows, strict=True), strict=True)
        columns = [_converted(field, values) for field, values in told]
        shared = {**self._defaults, **{self._alike[name]: alike[name] for name in self._alike}}
        constants = [_converted(field, (value,))[0] for field, value in shared.items()]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(self._sql(), constants + [array_of(column) for column in columns])
            else:
                whole = zip(*map(repeat, constants), *columns, strict=False)  # repeat has no end
                cursor.executemany(self._sql(), list(whole))

    def _sql(self) -> str:
        vendor, sql = self._statement
        if vendor != connection.vendor:
            fields = [*self._defaults, *self._alike.values(), *self._fields]
            source = self._arrays() if connection.vendor == "postgresql" else _values(len(fields))
            sql = f"INSERT INTO {_quoted(self._table)} ({_columns(fields)}) {source}"
            sql += self._on_conflict()
            self._statement = connection.vendor, sql
        return sql

    def _arrays(self) -> str:
        constants = [f"%s::{array_type(f)}" for f in (*self._defaults, *self._alike.values())]
        arrays = ", ".join(f"%s::{array_type(field)}[]" for field in self._fields)
        told = ", ".join([*constants, "told.*"])
        return f"SELECT {told} FROM unnest({arrays}) AS told"  # noqa: S608 - only types

    def _on_conflict(self) -> str:
        if not self._unique:
            return ""
        columns = [_columns([field]) for field in self._replace]
        changes = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
        done = f"UPDATE SET {changes}" if changes else "NOTHING"
        return f" ON CONFLICT ({_columns(self._unique)}) DO {done}"


def _values(count: int) -> str:
    return f"VALUES ({', '.join(['%s'] * count)})"


def _columns(fields: Sequence[Any]) -> str:
    return ", ".join(_quoted(field.column) for field in fields)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _default(field: _Field) -> Any:
    """Return the default of a column without values; it must be the same for every row."""
    made = callable(field.default) and field.has_default()
    if made or getattr(field, "auto_now_add", False) or not (field.has_default() or _empty(field)):
        raise TypeError(f"{field} has to be told")
    return field.get_default()


def _empty(field: _Field) -> bool:
    return field.null or (field.blank and field.empty_strings_allowed)


def _converted(field: _Field, values: Collection[Any]) -> Sequence[Any]:
    """As the database takes them, and as `array_of` does."""
    convert = _converter(target_of(field))
    if convert is None:
        return tuple(values)
    return [None if value is None else convert(value) for value in values]


def _converter(field: _Field) -> Callable[[Any], Any] | None:
    match field:
        case EncryptedTextField():
            return encrypt
        case models.JSONField():
            return json.dumps
        case models.DateTimeField():
            return _moment
        case models.UUIDField():
            return _uuid
        case models.GenericIPAddressField():
            return field.get_prep_value
    return None


def _moment(value: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(value))


def _uuid(value: UUID) -> str:
    return str(value) if connection.features.has_native_uuid_field else value.hex
