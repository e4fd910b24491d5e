"""Log Service: what happened to, or was tried by, every device."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from devices.access import visible_entries
from devices.filters import LogFilter
from iotconsole.kit.htmx import render_page
from iotconsole.kit.paging import capped_count, keyset_page
from operators.permissions import operator_of

PAGE_SIZE = 50
MOST_NEW = 100


def _chosen(request: HttpRequest) -> LogFilter:
    return LogFilter(request.GET, queryset=visible_entries(operator_of(request)).order_by("-pk"))


@require_safe
def log_list(request: HttpRequest) -> HttpResponse:
    chosen = _chosen(request)
    page = keyset_page(chosen.rows, request.GET, size=PAGE_SIZE)
    context = {
        "filter": chosen,
        "page": page,
        "newest": max(page.newest, _key(request, "seen")),
        "filtered": bool(request.GET),
    }
    return render_page(request, "logs/list.html", context, regions=("log-list",))


@require_safe
def new_entries(request: HttpRequest) -> HttpResponse:
    """How many entries that fit the filters are newer than the one `seen` names."""
    seen = _key(request, "seen")
    count = capped_count(_chosen(request).rows.filter(pk__gt=seen), MOST_NEW)
    context = {"new": count, "most": MOST_NEW, "newest": seen}
    return render_page(request, "logs/new.html", context)


def _key(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0
