"""Which devices an act on many is meant for: those chosen one by one, or all that match a filter.

In the URL: `id=1&id=2` or, shorter, `ids=1.2`; or `all=on` with the list's filters, and
`except=3.4` for those left out. Read again at each request, so that what has changed counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from common.sql.paging import Counted, KeysetPage
from common.web.htmx import Undo
from devices.access import changeable_devices
from devices.bulk_actions import ACTS, BulkAct
from devices.device_state import totals
from devices.filters import DeviceFilter
from devices.models import Device
from operators.models import Operator
from operators.permissions import operator_of
from products.access import changeable_products

# What a form with a selection sends besides the filters.
_OWN = {"id", "ids", "all", "except", "before", "after", "saved"}


# The acts on more than these say "10,000+": how many they are is known when they have been done.
MOST_COUNTED = 10_000
_NAMED = 5
# Filters whose numbers are kept, exact at any moment (devices.device_state.totals).
_KEPT = {"product", "activated"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Devices chosen one by one."""

    devices: QuerySet[Device]

    def counted(self) -> Counted:
        return Counted(self.devices.count())

    def names(self) -> list[str]:
        """Names of the first few, in the order of the list."""
        newest = self.devices.order_by("-pk").values_list("device_name", flat=True)
        return list(newest[:_NAMED])

    def keys(self) -> Iterator[int]:
        """All of them, upwards."""
        return iter(self.devices.values_list("pk", flat=True))


@dataclass(frozen=True)
class Matching:
    """Devices that match the filters of a list, however many, but for the keys in `left_out`."""

    matching: DeviceFilter
    operator: Operator
    left_out: list[int]

    def counted(self) -> Counted:
        counted = self._kept() or self.matching.counted(MOST_COUNTED, self._newest)
        fewer = self.matching.rows.filter(pk__in=self.left_out).count() if self.left_out else 0
        return Counted(counted.number - fewer, counted.exact)

    def _kept(self) -> Counted | None:
        """Where nothing has to be counted."""
        if not self.matching.form.is_valid() or not self.matching.active.keys() <= _KEPT:
            return None
        product, operator = self.matching.active.get("product"), self.operator
        every = operator.sees_every_product and operator.may_change
        mine = changeable_products(operator).values_list("product_key", flat=True)
        kept = totals(product.product_key if product else "", within=None if every else mine)
        return Counted(kept.activated if "activated" in self.matching.active else kept.total)

    @cached_property
    def _newest(self) -> KeysetPage[Device]:
        return self.matching.page({}, size=_NAMED + len(self.left_out))

    def names(self) -> list[str]:
        left_out = set(self.left_out)
        named = (row.device_name for row in self._newest.rows if row.pk not in left_out)
        return list(islice(named, _NAMED))

    def keys(self) -> Iterator[int]:
        left_out = set(self.left_out)
        return (key for key in self.matching.all_keys() if key not in left_out)


def selected(request: HttpRequest, params: QueryDict) -> Chosen | Matching:
    """Those the person asking may not change are none of them."""
    operator = operator_of(request)
    devices = changeable_devices(operator).defer("device_secret").order_by("pk")
    if params.get("all"):
        matching = DeviceFilter(filters_in(params), queryset=devices, request=request)
        return Matching(matching, operator, _keys(params.get("except", "")))
    keys = _keys(".".join([params.get("ids", ""), *params.getlist("id")]))
    return Chosen(devices.filter(pk__in=keys))


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
    """Context of the bar below a list of devices; `more` when not all matches are shown."""

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
