"""Rows made inside the database, a million at a time, from the model's own columns."""

from collections.abc import Mapping
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Field, Model

# Odd numbers: multiplying by one of them modulo 2^32 gives every row another value, as if by lot.
PRODUCT, STATE, SESSION, NAME, MODE = 2654435761, 2246822519, 3266489917, 668265263, 374761393


def lot(factor: int, number: str = "n") -> str:
    """SQL: a number from 0 to 2^32 - 1, always the same one for the same `number`."""
    return f"(({number} * {factor}) % 4294967296)"


def moment(epoch: str) -> str:
    """SQL: the time `epoch` seconds after 1970, as this database keeps times."""
    if connection.vendor == "sqlite":
        return f"strftime('%Y-%m-%d %H:%M:%S', {epoch}, 'unixepoch')"
    return f"to_timestamp({epoch})"


def fill(
    model: type[Model],
    count: int,
    columns: Mapping[str, str],
    *,
    constants: Mapping[str, Any] | None = None,
    also: str = "",
    where: str = "true",
) -> None:
    """Insert one row for each n from 1 to `count` that fits `where`.

    `columns` are SQL over `n` and what `also` adds to it, by field; `constants` Python values.
    Fields that neither names get their default.
    """
    names, values, parameters = [], [], []
    for field in model._meta.local_concrete_fields:
        if field.name in columns:
            value = columns[field.name].replace("%", "%%")
        elif field.primary_key:
            continue
        else:
            value = "%s"
            parameters.append(_constant(field, constants or {}))
        names.append(connection.ops.quote_name(str(field.column)))
        values.append(value)
    into = f"{connection.ops.quote_name(model._meta.db_table)} ({', '.join(names)})"
    numbers = f"(SELECT n{also and f', {also}'} FROM {_series(count)})".replace("%", "%%")
    condition = where.replace("%", "%%")
    select = f"SELECT {', '.join(values)} FROM {numbers} AS made WHERE {condition}"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {into} {select}", parameters)
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def _constant(field: "Field[Any, Any]", constants: Mapping[str, Any]) -> Any:
    value = constants[field.name] if field.name in constants else field.get_default()
    return field.get_db_prep_save(value, connection)


def _series(count: int) -> str:
    if connection.vendor == "sqlite":
        more = f"SELECT n + 1 FROM numbers WHERE n < {count}"
        return f"(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL {more}) SELECT n FROM numbers)"
    return f"generate_series(1::bigint, {count}) AS numbers(n)"
