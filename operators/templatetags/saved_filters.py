"""The saved filters of a list."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from common.web.htmx import wanted_region
from operators.default_filters import default_of, usable_filters
from operators.models import Operator, SavedFilter
from operators.operations.saved_filters import normalised

register = template.Library()


@register.inclusion_tag("operators/_saved_filters.html", takes_context=True)
def saved_filters(context: template.Context, page: str, region: str = "") -> dict[str, Any]:
    """Links to the saved filters of the list whose URL name is `page`.

    Put it above the filter bar; and once more, with its id, into the region that the bar replaces:
    there it says nothing but to htmx, for which it brings the first one up to date.
    """
    request: HttpRequest = context["request"]
    operator = request.user
    silent = bool(region) and wanted_region(request) != region
    if silent or not isinstance(operator, Operator):
        return {"shown": False}
    query = normalised(request.GET.urlencode())
    saved = usable_filters(request, page)
    matching = [each for each in saved if each.query == query]
    new = urlencode({"list": page, "query": query})
    return {
        "shown": True,
        "oob": bool(region),
        "saved": saved,
        "current": query,
        "operator": operator,
        "everything": _everything(saved, operator, page),
        "save_url": f"{reverse('operators:new_filter')}?{new}" if query and not matching else "",
    }


def _everything(saved: list[SavedFilter], operator: Operator, page: str) -> str:
    """The list without a filter, which a default would otherwise filter again."""
    return f"{reverse(page)}{'?saved=none' if default_of(saved, operator) else ''}"
