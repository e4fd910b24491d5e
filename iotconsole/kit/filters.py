"""What every list's filters have in common."""

from typing import Generic, TypeVar

import django_filters
from django.db.models import Model, QuerySet

from iotconsole.kit.forms import dress

Row = TypeVar("Row", bound=Model)


class ConsoleFilter(django_filters.FilterSet, Generic[Row]):  # type: ignore[misc]  # untyped library
    """Filters from the URL. Their controls' ids differ from those of a form in the dialog."""

    @property
    def rows(self) -> QuerySet[Row]:
        """What fits; nothing while a filter says something that cannot be meant."""
        found: QuerySet[Row] = self.qs
        return found if self.form.is_valid() else found.none()

    @property
    def dressed(self) -> object:
        """The filter form in the console's dress."""
        self.form.auto_id = "filter-%s"
        dress(self.form)
        return self.form
