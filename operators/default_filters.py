"""The saved filters a request may use, and lists that open with one of them."""

from collections.abc import Callable
from functools import wraps

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from iotconsole.kit.htmx import wanted_region
from operators.models import Operator, SavedFilter
from operators.permissions import operator_of

View = Callable[[HttpRequest], HttpResponse]


def usable_filters(request: HttpRequest, page: str) -> list[SavedFilter]:
    """One's own and the shared ones of the list whose URL name is `page`; one query a request."""
    known: dict[str, list[SavedFilter]] = request.__dict__.setdefault("saved_filters", {})
    if page not in known:
        mine = Q(operator=operator_of(request)) | Q(shared=True)
        found = SavedFilter.objects.filter(mine, page=page).select_related("operator")
        known[page] = list(found.order_by("name", "pk"))
    return known[page]


def default_of(saved: list[SavedFilter], operator: Operator) -> SavedFilter | None:
    """The one of `usable_filters` that this operator's list opens with."""
    own = (each for each in saved if each.is_default and each.operator_id == operator.pk)
    return next(own, None)


def opens_with_default(page: str) -> Callable[[View], View]:
    """For the view of a list whose URL name is `page`: without any filter it goes to the default.

    Not when a region is asked for: there the filter bar has just been emptied.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest) -> HttpResponse:
            if request.GET or wanted_region(request):
                return view(request)
            saved = default_of(usable_filters(request, page), operator_of(request))
            return HttpResponseRedirect(saved.get_absolute_url()) if saved else view(request)

        return opened

    return decorate
