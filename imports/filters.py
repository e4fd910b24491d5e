"""Which batches a list shows."""

import django_filters
from django.utils.translation import gettext_lazy as _

from common.web.filters import ConsoleFilter
from imports.models import BatchState, DeviceBatch
from products.filters import by_product


class BatchFilter(ConsoleFilter[DeviceBatch]):
    product = by_product()
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=BatchState.choices, empty_label=_("All")
    )

    class Meta:
        model = DeviceBatch
        fields: tuple[str, ...] = ()
