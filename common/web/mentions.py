"""Which products a list's filters name, and whether they hold text that could name anything."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import django_filters
from django.core.exceptions import ValidationError

from common.web.filters import ConsoleFilter

Filters = type[ConsoleFilter[Any]]

_FIXED = (
    django_filters.ChoiceFilter,
    django_filters.BooleanFilter,
    django_filters.IsoDateTimeFilter,
)
_TRUTH = frozenset({"true", "false", "on", "off", "1", "0"})
# Targets of the audit trail that begin with kind/ProductKey.
_KINDS = frozenset({"product", "device", "batch"})


@dataclass(frozen=True, slots=True)
class Mentions:
    """`free_text` says that a value belongs to no product named here and is no fixed choice."""

    product_keys: frozenset[str]
    free_text: bool


def mentions(filters: Filters | None, query: str) -> Mentions:
    """Return what the filters in `query` name. In an unknown list everything is free text."""
    keys, free_text = set(), False
    for name, value in parse_qsl(query):
        if key := _product_key(filters, name, value):
            keys.add(key)
        elif not _is_fixed(filters, name, value):
            free_text = True
    return Mentions(frozenset(keys), free_text)


def _product_key(filters: Filters | None, name: str, value: str) -> str:
    if filters and name in filters.product_keys:
        return value
    if filters and name in filters.targets:
        kind, _, rest = value.partition("/")
        return rest.partition("/")[0] if kind in _KINDS else ""
    return ""


def _is_fixed(filters: Filters | None, name: str, value: str) -> bool:
    """Whether the value is a choice of few or a time. Anybody may write another into an address."""
    each = filters.base_filters.get(name) if filters else None
    if not isinstance(each, _FIXED) or isinstance(each, django_filters.ModelChoiceFilter):
        return False
    if isinstance(each, django_filters.BooleanFilter):
        return value.casefold() in _TRUTH
    try:
        each.field.clean(value)
    except ValidationError:
        return False
    return True
