"""A column of values as one parameter: PostgreSQL's array literals, and what types they are of."""

from collections.abc import Collection
from typing import Any

from django.db import models

# What PostgreSQL casts the text of an element to. Text has no length here: a cast to varchar(32)
# would cut off in silence what is longer.
_KINDS: tuple[tuple[type["models.Field[Any, Any]"], str], ...] = (
    (models.CharField, "text"),
    (models.TextField, "text"),
    (models.BooleanField, "boolean"),
    (models.IntegerField, "bigint"),
    (models.DateTimeField, "timestamptz"),
    (models.UUIDField, "uuid"),
    (models.GenericIPAddressField, "inet"),
    (models.JSONField, "jsonb"),
)


def target_of(field: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    """The field whose values a foreign key holds; any other field itself."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def array_type(field: "models.Field[Any, Any]") -> str:
    target = target_of(field)
    return next(kind for known, kind in _KINDS if isinstance(target, known))


def array_of(values: Collection[Any]) -> str:
    """The literal of an array of text, numbers or anything whose `str` PostgreSQL reads."""
    try:
        joined = "".join(values)
    except TypeError:  # not all of them are text
        return "{" + ",".join([_element(value) for value in values]) + "}"
    if '"' in joined or "\\" in joined:
        return "{" + ",".join([_quoted(value) for value in values]) + "}"
    return '{"' + '","'.join(values) + '"}' if values else "{}"


def _element(value: Any) -> str:
    return "NULL" if value is None else _quoted(str(value))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
