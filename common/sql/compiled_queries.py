"""Queries and updates that the ORM writes once, and that are asked many times with other values.

To write a statement takes the ORM longer than the database takes to answer it. So what is asked for
every device is described as a query set with a `Param` where a value comes later, compiled when it
is first asked, and from then on costs no more than a cursor's `execute`. For that, its text must
not depend on how many values are looked for: `field__among=Param("names")` takes them all as one.
"""

import json
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Lookup, Model, QuerySet
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


@Field.register_lookup
@ForeignObject.register_lookup
class Among(_Lookup):
    """One of several values, which may be any number and come as one parameter."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, params = self.process_lhs(compiler, connection)
        kind = array_type(self.lhs.output_field)
        return f"{column} = ANY(%s::{kind}[])", (*params, self._values(array_of))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, params = self.process_lhs(compiler, connection)
        sql = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - the ORM's column
        return sql, (*params, self._values(as_json))

    def _values(self, convert: Callable[[Collection[Any]], str]) -> "Slot | str":
        return Slot(self.rhs.name, convert) if isinstance(self.rhs, Param) else convert(self.rhs)


def as_json(values: Collection[Any]) -> str:
    return json.dumps(list(values), default=lambda value: value.hex)  # of a UUID, as SQLite has it


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
