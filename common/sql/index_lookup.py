"""Conditions that leave a planner no choice, where a wrong one would have it read a whole table.

What a planner knows of a table is as old as its last ANALYZE. On that day hardly a session was
live, because the server had been away, or a product had none of its devices yet: then any index
whose condition or first column says so seems to be as good as the one that finds a single row, and
every batch of a few devices reads through all live sessions, or all devices of the product.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Func, Lookup
from django.db.models.sql.compiler import SQLCompiler

from common.sql.compiled_queries import Slot, Sql, as_json
from common.sql.pg_arrays import array_of, array_type

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
else:
    _Lookup = Lookup


class Unindexed(Func):
    """A column to compare with. No index is gone through for it, nor does a condition on it make
    a partial index fit."""

    # A column has no parameters, so it may stand here twice.
    template = "COALESCE(%(expressions)s, %(expressions)s)"
    arity = 1

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        return super().as_sql(compiler, connection, template="+%(expressions)s")


@dataclass(frozen=True, slots=True)
class Each:
    """What rows are looked for: of one column its values, of several tuples of them. They are told
    under the name `param`."""

    columns: tuple[str, ...]
    param: str


@Field.register_lookup
class OneByOne(_Lookup):
    """`pk__one_by_one=Each(…)`: a query for each value, which goes by an index of these columns."""

    lookup_name = "one_by_one"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        key, params = self.process_lhs(compiler, connection)
        arrays = ", ".join(f"%s::{array_type(field)}[]" for field in self._fields())
        names = [f"told_{column}" for column in self.rhs.columns]
        told = f"unnest({arrays}) AS told ({', '.join(names)})"
        # OFFSET keeps it a query of its own, and an array is short to the planner.
        found = f"{told}, LATERAL (SELECT {self._found(names)} OFFSET 0) AS found"
        slots = (Slot(self.rhs.param, array) for array in _arrays(len(names)))
        sql = f"{key} = ANY(ARRAY(SELECT found.* FROM {found}))"  # noqa: S608 - the ORM's names
        return sql, (*params, *slots)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        key, params = self.process_lhs(compiler, connection)
        several = len(self.rhs.columns) > 1
        values = [
            f"json_extract(told.value, '$[{place}]')" if several else "told.value"
            for place, _ in enumerate(self.rhs.columns)
        ]
        # CROSS is what keeps SQLite to the order.
        sql = f"{key} IN (SELECT {self._found(values, 'json_each(%s) AS told CROSS JOIN ')})"
        return sql, (*params, Slot(self.rhs.param, as_json))

    def _fields(self) -> list[Any]:
        meta = self.lhs.output_field.model._meta
        return [meta.get_field(name) for name in self.rhs.columns]

    def _found(self, values: Sequence[str], before: str = "") -> str:
        """What follows SELECT: the primary key of the rows whose columns have these values."""
        key, quoted = self.lhs.output_field, connection.ops.quote_name
        columns = [f"found.{quoted(field.column)}" for field in self._fields()]
        same = " AND ".join(f"{c} = {v}" for c, v in zip(columns, values, strict=True))
        table = quoted(key.model._meta.db_table)
        return f"found.{quoted(key.column)} FROM {before}{table} AS found WHERE {same}"


def _arrays(count: int) -> Iterator[Callable[[Collection[Any]], str]]:
    """What makes an array of each column."""
    if count == 1:
        return iter([array_of])
    return (partial(_array, place) for place in range(count))


def _array(place: int, rows: Collection[Sequence[Any]]) -> str:
    return array_of([row[place] for row in rows])
