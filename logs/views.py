"""Log Service: what happened to, or was tried by, every device."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from common.sql.paging import key_in, span_of
from common.web.downloads import csv_download
from common.web.htmx import render_page
from logs.access import visible_entries
from logs.export import EXPORT_MOST, EXPORT_SEARCHED, export_rows
from logs.filters import LogFilter
from logs.models import LogEntry
from logs.trace_steps import story as steps_of
from operators.default_filters import opens_with_default
from operators.operations import audit
from operators.permissions import actor_of, operator_of

PAGE_SIZE = 50
STORY_SIZE = 100
MOST_NEW = 100
# Entries a look for new ones goes through at most: it comes every few seconds from every open page.
MOST_SEARCHED = 5_000
# An entry may become visible after one with a higher key: a live tail tells of the last ones again.
_OVERLAP, _OVERLAP_TIME = 100, timedelta(seconds=10)


def _entries(request: HttpRequest) -> QuerySet[LogEntry]:
    """Return the entries that the person asking may see."""
    return visible_entries(operator_of(request))


def _chosen(request: HttpRequest) -> LogFilter:
    entries = _entries(request).order_by("-pk")
    return LogFilter(request.GET, queryset=entries, request=request)


@require_safe
@opens_with_default("logs:list", LogFilter)
def log_list(request: HttpRequest) -> HttpResponse:
    chosen = _chosen(request)
    page = chosen.page(request.GET, size=PAGE_SIZE)
    context = {
        "filter": chosen,
        "page": page,
        "reached": page.reached and page.reached.at,
        "newest": max(page.newest, _key(request, "seen")),
        "filtered": bool(request.GET),
        "retention_days": settings.LOG_RETENTION_DAYS,
        "export_most": EXPORT_MOST,
    }
    return render_page(request, "logs/list.html", context, regions=("log-list",))


@require_safe
def new_entries(request: HttpRequest) -> HttpResponse:
    """How many entries that fit the filters are newer than the one `seen` names.

    With `tail` they come themselves, if they are not too many to be read anyway. A page that was
    left open for long is told of the newest ones only.
    """
    seen = _key(request, "seen")
    floor = span_of(LogEntry.objects.all()).last - MOST_SEARCHED
    entries = _chosen(request).rows
    context: dict[str, object] = {"most": MOST_NEW, "newest": seen}
    if request.GET.get("tail") == "on":
        context |= _tail(entries.filter(pk__gt=max(seen - _OVERLAP, floor)), seen)
    else:
        # In the order of the key, lest SQLite go through the whole of a narrower index.
        newer = entries.filter(pk__gt=max(seen, floor)).order_by("pk").values_list("pk")
        context["new"] = len(newer[:MOST_NEW])
    return render_page(request, "logs/new.html", context)


def _tail(entries: QuerySet[LogEntry], seen: int) -> dict[str, object]:
    """Return the entries after `seen`, and those before it that were just written."""
    late = timezone.now() - _OVERLAP_TIME
    read = entries[: MOST_NEW + _OVERLAP]
    found = [entry for entry in read if entry.pk > seen or entry.at > late]
    new = sum(entry.pk > seen for entry in found)
    if new >= MOST_NEW:
        return {"new": MOST_NEW, "tail": True}
    return {"arrived": found, "tail": True, "newest": max([seen, *(e.pk for e in found)])}


@require_safe
def story(request: HttpRequest, trace_id: str) -> HttpResponse:
    """Everything under one trace id, the oldest first."""
    steps, later = steps_of(_entries(request), trace_id, _key(request, "after"), STORY_SIZE)
    named = [step.entry for step in steps if step.entry.device_name]
    context = {
        "trace_id": trace_id,
        "steps": steps,
        "later": later,
        "subject": named[-1] if named else None,
    }
    return render_page(request, "logs/story.html", context)


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Export the entries that match the filters in the URL, as CSV."""
    audit.record(actor_of(request), "log.export", "log", gettext_noop("Exported the log"))
    chosen = _chosen(request)
    language = get_language() or settings.LANGUAGE_CODE
    rows = export_rows(chosen.portions(EXPORT_SEARCHED), language)
    name = f"log-{timezone.now():%Y%m%d-%H%M%S}.csv"
    return csv_download(name, rows, for_people=True)


def _key(request: HttpRequest, name: str) -> int:
    return key_in(request.GET.get(name)) or 0
