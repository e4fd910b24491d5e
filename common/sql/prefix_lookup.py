"""`field__prefix="a4:cf"`: text that begins so, found by an index on either database.

Django's `startswith` is no help here: on SQLite it ignores case, and no ordinary index serves a
comparison that does; on PostgreSQL it needs an index for patterns. `prefix` tells cases apart on
both. An index meant for it names `varchar_pattern_ops` as its operator class, which PostgreSQL
needs in any locale but C and SQLite passes over.

The order of such an index is that of the bytes. `field__after="a4:cf"`, `field__before` and
`in_byte_order("field")` are what it answers; under the locale's order PostgreSQL sorts every row.
"""

from typing import TYPE_CHECKING

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, F, Lookup
from django.db.models.expressions import OrderBy
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    _Lookup = Lookup[str]
else:
    _Lookup = Lookup

_LAST_CHARACTER = "\U0010ffff"


Sql = tuple[str, tuple[str | int, ...]]


@CharField.register_lookup
class Prefix(_Lookup):
    lookup_name = "prefix"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        """For PostgreSQL, which turns such a pattern into a range of its index."""
        column, params = self.process_lhs(compiler, connection)
        pattern = f"{connection.ops.prep_for_like_query(self.rhs)}%"
        return f"{column} LIKE %s", (*params, pattern)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        """SQLite compares text byte by byte, so what begins so lies between two texts."""
        column, params = self.process_lhs(compiler, connection)
        both = (*params, self.rhs, *params, f"{self.rhs}{_LAST_CHARACTER}")
        return f"({column} >= %s AND {column} < %s)", both


class _Compared(_Lookup):
    """`sign` compares two texts; on PostgreSQL between tildes, byte by byte."""

    sign = ""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        return self._compared(compiler, connection, f"~{self.sign}~")

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        return self._compared(compiler, connection, self.sign)

    def _compared(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, sign: str) -> Sql:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} {sign} %s", (*params, str(self.rhs))


@CharField.register_lookup
class After(_Compared):
    lookup_name = "after"
    sign = ">"


@CharField.register_lookup
class Before(_Compared):
    lookup_name = "before"
    sign = "<"


class _ByteOrder(OrderBy):
    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        sign = ">" if self.descending else "<"
        # Django looks for the word that it would have put there.
        template = f"%(expression)s USING ~{sign}~ /* %(ordering)s */"
        sql, params = self.as_sql(compiler, connection, template=template)
        return sql, tuple(params)


def in_byte_order(field: str, *, descending: bool = False) -> OrderBy:
    """For `order_by`, in either direction."""
    return _ByteOrder(F(field), descending=descending)
