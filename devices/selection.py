"""Which devices an act on many is meant for: those chosen one by one, or all that match a filter.

In the URL: `id=1&id=2` or, shorter, `ids=1.2`; or `all=on` with the list's filters, and
`except=3.4` for those left out. Read again at each request, so that what has changed counts.
"""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from devices.access import changeable_devices
from devices.bulk import ACTS, BulkAct
from devices.filters import DeviceFilter
from devices.models import Device
from iotconsole.kit.htmx import Undo
from operators.models import Operator
from operators.permissions import operator_of

# What a form with a selection sends besides the filters.
_OWN = {"id", "ids", "all", "except", "before", "after", "saved"}


def selected(request: HttpRequest, params: QueryDict) -> QuerySet[Device]:
    """By their keys upwards; those the person asking may not change are none of them."""
    devices = changeable_devices(operator_of(request)).order_by("pk")
    if params.get("all"):
        found = DeviceFilter(filters_in(params), queryset=devices, request=request).rows
        return found.exclude(pk__in=_keys(params.get("except", ""))).order_by("pk")
    return devices.filter(pk__in=_keys(".".join([params.get("ids", ""), *params.getlist("id")])))


def filters_in(params: QueryDict) -> QueryDict:
    """The list's filters alone."""
    filters = params.copy()
    for name in _OWN:
        filters.pop(name, None)
    return filters


def list_query(params: QueryDict) -> str:
    """`?` and the filters, for a link back to the list; empty without any."""
    filters = _set_filters(params)
    return f"?{urlencode(filters)}" if filters else ""


def _keys(text: str) -> list[int]:
    """Nonsense among them is ignored, as is what no key can be."""
    return [
        int(key) for key in text.split(".") if key.isascii() and key.isdigit() and len(key) < 19
    ]


def undo_of(act: BulkAct, changed: list[Device]) -> Undo | None:
    """Doing the opposite to exactly the devices that were changed."""
    if not (act.opposite and changed):
        return None
    ids = ".".join(str(device.pk) for device in changed)
    return Undo(reverse("devices:undo_bulk", args=[act.opposite]), {"ids": ids})


@dataclass(frozen=True, slots=True)
class BulkBar:
    """What the bar below a list of devices needs; `more` when not all that match are shown."""

    filters: list[tuple[str, str]]
    more: bool
    acts: list[BulkAct]

    @property
    def query(self) -> str:
        return urlencode(self.filters)

    @property
    def count_url(self) -> str:
        return f"{reverse('devices:bulk_count')}?{self.query}"


def bulk_bar(operator: Operator, filters: QueryDict, *, more: bool) -> BulkBar | None:
    """None for those who may not change anything."""
    if not operator.may_change:
        return None
    return BulkBar(_set_filters(filters), more, list(ACTS.values()))


def _set_filters(params: QueryDict) -> list[tuple[str, str]]:
    """In one order, so that equal filters are equal strings."""
    filters = filters_in(params)
    return sorted((name, str(filters[name])) for name in filters if filters[name])
