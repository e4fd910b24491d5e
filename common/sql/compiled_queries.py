"""Queries and updates that the ORM writes once, and that are asked many times with other values.

To write a statement takes the ORM longer than the database takes to answer it. So what is asked for
every device is described as a query set with a `Param` where a value comes later, compiled when it
is first asked, and from then on costs no more than a cursor's `execute`. For that, its text must
not depend on how many values are looked for: `field__among=Param("names")` takes them all as one.

`Each` and `Unindexed` leave the planner no choice where a wrong one reads a whole table. Its
statistics are as old as the last ANALYZE. If hardly a session was live then, or a product had no
devices yet, an index on that condition seems as good as the one that finds a single row.
"""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Func, Lookup, Model, QuerySet
from django.db.models.expressions import Expression
from django.db.models.fields.related import ForeignObject
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

from common.sql.pg_arrays import array_of, array_type

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
    AnyQuery = QuerySet[Any, Any]
else:
    _Lookup, AnyQuery = Lookup, QuerySet

Sql = tuple[str, tuple[Any, ...]]
_Convert = Callable[[tuple[Any, ...]], tuple[Any, ...]]  # of the values of one column
T = TypeVar("T")
M = TypeVar("M", bound=Model)


class Slot:
    """Stands among the parameters of a compiled statement for a value that is told later."""

    __slots__ = ("_convert", "_name")

    def __init__(self, name: str, convert: Callable[[Any], Any]) -> None:
        self._name = name
        self._convert = convert

    def fill(self, values: dict[str, Any]) -> Any:
        return self._convert(values[self._name])


class Param(Expression):
    """A value that is told when the statement is asked. `output_field` is its type; what is looked
    for by `among` has that of the column."""

    def __init__(self, name: str, output_field: "Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        def convert(value: Any) -> Any:
            return self.output_field.get_db_prep_value(value, connection)

        return "%s", (Slot(self.name, convert),)


class Unindexed(Func):
    """A column to compare with, without an index: neither an index of the column is searched, nor
    does a condition on it make a partial index fit."""

    # A column has no parameters, so it may stand here twice.
    template = "COALESCE(%(expressions)s, %(expressions)s)"
    arity = 1

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any) -> Sql:
        return super().as_sql(compiler, connection, template="+%(expressions)s")


class Each(Param):
    """Rows with certain values in `columns`, looked for one by one by an index of the columns. The
    values are told later: plain ones for a single column, tuples for several."""

    def __init__(self, columns: tuple[str, ...], name: str) -> None:
        super().__init__(name)
        self.columns = columns


@Field.register_lookup
@ForeignObject.register_lookup
class Among(_Lookup):
    """`field__among=` a collection or a `Param`: one of its values, any number, as one parameter.
    `pk__among=Each(…)`: the rows found by other columns, a query for each."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, params = self.process_lhs(compiler, connection)
        if isinstance(self.rhs, Each):
            arrays = [f"%s::{array_type(field)}[]" for field in self._fields()]
            names = [f"value_{name}" for name in self.rhs.columns]
            values = f"unnest({', '.join(arrays)}) AS wanted ({', '.join(names)})"
            # OFFSET keeps it a query of its own, and an array is short to the planner.
            found = f"{values}, LATERAL (SELECT {self._found(names)} OFFSET 0) AS found"
            sql = f"{column} = ANY(ARRAY(SELECT found.* FROM {found}))"  # noqa: S608 - the ORM's
            return sql, (*params, *(self._values(array) for array in _arrays(len(names))))
        kind = array_type(self.lhs.output_field)
        return f"{column} = ANY(%s::{kind}[])", (*params, self._values(array_of))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, params = self.process_lhs(compiler, connection)
        found = "value FROM json_each(%s)"
        if isinstance(self.rhs, Each):
            several = len(self.rhs.columns) > 1
            values = [
                f"json_extract(wanted.value, '$[{place}]')" if several else "wanted.value"
                for place, _ in enumerate(self.rhs.columns)
            ]
            # CROSS is what keeps SQLite to the order.
            found = self._found(values, "json_each(%s) AS wanted CROSS JOIN ")
        return f"{column} IN (SELECT {found})", (*params, self._values(as_json))

    def _values(self, convert: Callable[[Collection[Any]], str]) -> "Slot | str":
        return Slot(self.rhs.name, convert) if isinstance(self.rhs, Param) else convert(self.rhs)

    def _fields(self) -> list[Any]:
        meta = self.lhs.output_field.model._meta
        return [meta.get_field(name) for name in self.rhs.columns]

    def _found(self, values: Sequence[str], before: str = "") -> str:
        """SQL behind SELECT: the primary key of the rows whose columns have these values."""
        key, quoted = self.lhs.output_field, connection.ops.quote_name
        columns = [f"found.{quoted(field.column)}" for field in self._fields()]
        same = " AND ".join(f"{c} = {v}" for c, v in zip(columns, values, strict=True))
        table = quoted(key.model._meta.db_table)
        return f"found.{quoted(key.column)} FROM {before}{table} AS found WHERE {same}"


def as_json(values: Collection[Any]) -> str:
    return json.dumps(list(values), default=lambda value: value.hex)  # of a UUID, as SQLite has it


def _arrays(count: int) -> Iterator[Callable[[Collection[Any]], str]]:
    """SQL that makes an array of each column."""
    if count == 1:
        return iter([array_of])
    return (partial(_array, place) for place in range(count))


def _array(place: int, rows: Collection[Sequence[Any]]) -> str:
    return array_of([row[place] for row in rows])


class _Statement:
    """Compiled for the default database when it is first asked, which other threads may do too."""

    _compiled: tuple[str, str, tuple[Any, ...]] | None = None

    def compile(self) -> Sql:
        raise NotImplementedError

    def execute(self, cursor: Any, values: dict[str, Any]) -> None:
        vendor, sql, params = self._compiled or ("", "", ())
        if vendor != connection.vendor:
            sql, params = self.compile()
            self._compiled = connection.vendor, sql, params
        cursor.execute(sql, [p.fill(values) if type(p) is Slot else p for p in params])


class Prepared(_Statement, Generic[T]):
    """A query. `make` gets the columns of each row as its arguments."""

    def __init__(self, make: Callable[..., T], build: Callable[[], AnyQuery]) -> None:
        self._make = make
        self._build = build
        self._converters: list[tuple[int, _Convert]] = []

    def compile(self) -> Sql:
        compiler = self._build().query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        columns = [column for column, *_ in compiler.select]
        converters = compiler.get_converters(columns)
        self._converters = [(n, _chain(*each)) for n, each in converters.items()]
        return sql, tuple(params)

    def __call__(self, **values: Any) -> list[T]:
        with connection.cursor() as cursor:
            self.execute(cursor, values)
            rows = cursor.fetchall()
        if rows and self._converters:
            columns = list(zip(*rows, strict=True))
            for place, convert in self._converters:
                columns[place] = convert(columns[place])
            rows = zip(*columns, strict=True)
        return [self._make(*row) for row in rows]


def prepared_instances(
    model: type[M], build: Callable[[], AnyQuery], *, without: Collection[str] = ()
) -> Prepared[M]:
    """A query for objects of `model`; the columns `without` are read when they are asked for."""
    fields = [field for field in model._meta.concrete_fields if field.name not in without]
    names = [field.attname for field in fields]

    def make(*values: Any) -> M:
        return model.from_db(DEFAULT_DB_ALIAS, names, values)

    return Prepared(make, lambda: build().values_list(*names))


def _chain(converters: Sequence[Callable[..., Any]], column: Any) -> _Convert:
    def convert(values: tuple[Any, ...]) -> tuple[Any, ...]:
        for each in converters:
            values = tuple([each(value, column, connection) for value in values])
        return values

    return convert


class PreparedUpdate(_Statement):
    """An UPDATE of the rows of a query set of one table; returns how many it changed."""

    def __init__(self, build: Callable[[], AnyQuery], **changes: Any) -> None:
        self._build = build
        self._changes = changes

    def compile(self) -> Sql:
        query = cast("UpdateQuery", self._build().query.chain(UpdateQuery))
        query.add_update_values(self._changes)
        sql, params = query.get_compiler(connection=connection).as_sql()
        return sql, tuple(params)

    def __call__(self, **values: Any) -> int:
        with connection.cursor() as cursor:
            self.execute(cursor, values)
            changed: int = cursor.rowcount
        return changed
