"""Base of every list's filters."""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import django_filters
from django.core.validators import EMPTY_VALUES
from django.db.models import Model, QuerySet

from common.sql.paging import (
    Counted,
    KeysetPage,
    Portion,
    Span,
    keys_among,
    keyset_page,
    portions_in_order,
    searched_count,
    searched_page,
    searched_portions,
    span_of,
)
from common.web.forms import dress

Row = TypeVar("Row", bound=Model)
Keys = QuerySet[Any, int]

# So many rows are fetched by their keys and sorted; more are looked for in the order of the list.
FEW = 5_000


class ConsoleFilter(django_filters.FilterSet, Generic[Row]):  # type: ignore[misc]  # untyped library
    """Filters from the URL. Their controls' ids differ from those of a form in the dialog.

    How `page` finds its rows among millions does not depend on what a database thinks of them:
    what an index has in the list's order is read from there; when one of the filters fits few rows,
    those are looked at; all else is searched key by key, for as long as one can wait.
    """

    # Filters of which each has an index that holds its rows in the order of the list.
    in_order: frozenset[str] = frozenset()
    # Filters whose value is a ProductKey, and those whose value is a target of the audit trail.
    product_keys: frozenset[str] = frozenset({"product"})
    targets: frozenset[str] = frozenset()

    @property
    def rows(self) -> QuerySet[Row]:
        """Matching rows; none while a filter has an invalid value."""
        found: QuerySet[Row] = self.qs
        return found if self.form.is_valid() else found.none()

    @property
    def active(self) -> dict[str, Any]:
        """The filters that say something, by name."""
        if not self.form.is_valid():
            return {}
        said = self.form.cleaned_data.items()
        return {name: value for name, value in said if value not in (*EMPTY_VALUES, False)}

    def page(self, params: Mapping[str, str], *, size: int) -> KeysetPage[Row]:
        """The page that `before` or `after` in `params` asks for."""
        if self._is_in_order():
            return keyset_page(self.rows, params, size=size)
        few = self.few()
        if few is not None:
            return keyset_page(few, params, size=size)
        return searched_page(self.rows, params, size=size, span=self.span())

    def counted(self, most: int, newest: KeysetPage[Row] | None = None) -> Counted:
        """How many rows fit, counted to `most` and no longer than one can wait.

        What was looked at for the `newest` page is not looked at again.
        """
        few = self.few()
        if few is not None:
            return Counted(few.count())
        span = self.span()
        if newest is None:
            return searched_count(self.rows, span, most)
        last = newest.newest or (newest.reached.pk if newest.reached else span.last)
        stepwise = bool(newest.rows) or newest.reached is None
        return searched_count(self.rows, Span(span.first, last), most, stepwise=stepwise)

    def all_keys(self) -> Iterator[int]:
        """The keys of all that fits, upwards. No query of it is long, however many there are."""
        few = self.few()
        if few is not None:
            return iter(few.order_by("pk").values_list("pk", flat=True))
        return keys_among(self.rows, self.span())

    def few(self) -> QuerySet[Row] | None:
        """Keys of the matching rows when one of the filters fits few rows; else None."""
        for keys in self.narrow():
            if not keys[FEW : FEW + 1]:
                return self.rows.filter(pk__in=list(keys[:FEW]))
        return None

    def portions(self, most: int | None = None) -> Iterator[Portion[Row]]:
        """All that fits, newest first; a search looks at the `most` newest keys at most."""
        if self._is_in_order():
            return portions_in_order(self.rows)
        few = self.few()
        if few is not None:
            return iter([Portion(list(few.order_by("-pk")))])
        return searched_portions(self.rows, self.span(), most)

    def _is_in_order(self) -> bool:
        said = self.active.keys()
        return said <= self.in_order and len(said) <= 1 and not self.limited

    @property
    def limited(self) -> bool:
        """Whether something besides the filters leaves rows out, such as who may look at them."""
        return False

    def narrow(self) -> Iterator[Keys]:
        """For each filter with an index of its own: the keys that fit it, and maybe others do not.

        Every row of the list is in every one of them.
        """
        yield from ()

    def span(self) -> Span:
        """Where rows can be."""
        return span_of(self.rows)

    @property
    def dressed(self) -> object:
        """The filter form in the console's dress."""
        self.form.auto_id = "filter-%s"
        dress(self.form)
        return self.form
