"""The saved filters a request may use, and lists that open with one of them."""

from collections.abc import Callable
from functools import wraps

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from common.web.htmx import wanted_region
from common.web.mentions import Filters, mentions
from operators.models import Operator, SavedFilter
from operators.permissions import operator_of

View = Callable[[HttpRequest], HttpResponse]
# By the URL name of the list.
_FILTERS: dict[str, Filters] = {}


def usable_filters(request: HttpRequest, page: str) -> list[SavedFilter]:
    """One's own and the shared ones of the list whose URL name is `page`; one query a request.

    Without those that name what the reader may not look at.
    """
    known: dict[str, list[SavedFilter]] = request.__dict__.setdefault("saved_filters", {})
    if page not in known:
        operator = operator_of(request)
        mine = Q(operator=operator) | Q(shared=True)
        found = SavedFilter.objects.filter(mine, page=page).select_related("operator")
        in_order = found.order_by("name", "pk")
        known[page] = [each for each in in_order if may_see(each, operator)]
    return known[page]


def may_see(saved: SavedFilter, operator: Operator) -> bool:
    """Whether the filter names no product that the operator may not look at.

    Text of others, such as a DeviceName, may belong to any product, so an account that is limited
    to some products does not get it. Grants count as they are now, for one's own filters, too.
    """
    if operator.sees_every_product:
        return True
    said = mentions(_FILTERS.get(saved.page), saved.query)
    if said.free_text and saved.operator_id != operator.pk:
        return False
    return all(operator.may_look_at(key) for key in said.product_keys)


def default_of(saved: list[SavedFilter], operator: Operator) -> SavedFilter | None:
    """The one of `usable_filters` that this operator's list opens with."""
    own = (each for each in saved if each.is_default and each.operator_id == operator.pk)
    return next(own, None)


def opens_with_default(page: str, filters: Filters) -> Callable[[View], View]:
    """For the view of a list whose URL name is `page`: without any filter it goes to the default.

    `filters` are those of the list.

    Not when a region is asked for: there the filter bar has just been emptied.
    """

    _FILTERS[page] = filters

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest) -> HttpResponse:
            if request.GET or wanted_region(request):
                return view(request)
            saved = default_of(usable_filters(request, page), operator_of(request))
            return HttpResponseRedirect(saved.get_absolute_url()) if saved else view(request)

        return opened

    return decorate
