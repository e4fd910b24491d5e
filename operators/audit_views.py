"""The audit trail: all of it or that of one object, and as a file."""

import json
from collections.abc import Iterator, Sequence

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from common.sql.paging import keyset_page
from common.web.downloads import csv_download
from common.web.htmx import render_page
from operators.audit_access import visible_audit
from operators.default_filters import opens_with_default
from operators.filters import AuditFilter
from operators.models import AuditEntry
from operators.operations import audit as trail
from operators.permissions import actor_of, operator_of

PAGE_SIZE = 50
_CHUNK = 2000
HEADER = (
    *("Number", "Time (UTC)", "Who", "Origin", "Address", "Act", "Target", "What"),
    *("Facts", "Hash"),
)


def _chosen(request: HttpRequest) -> AuditFilter:
    entries = visible_audit(operator_of(request)).select_related("operator").order_by("-pk")
    return AuditFilter(request.GET, queryset=entries)


@require_safe
@opens_with_default("operators:audit", AuditFilter)
def audit(request: HttpRequest) -> HttpResponse:
    """The audit trail, newest first."""
    chosen = _chosen(request)
    context = {
        "filter": chosen,
        "page": keyset_page(chosen.rows, request.GET, size=PAGE_SIZE),
        "filtered": bool(request.GET),
        "object": request.GET.get("object", ""),
    }
    return render_page(request, "operators/audit.html", context, regions=("audit-list",))


@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """Export the entries that match the filters in the URL, as CSV. The export is audited."""
    entries = _chosen(request).rows
    summary = gettext_noop("Downloaded the audit trail as CSV")
    entry = trail.record(
        actor_of(request), "audit.export", "audit", summary, filters=request.GET.urlencode()[:300]
    )
    rows = _rows(entries.filter(pk__lt=entry.pk), translation.get_language() or "en")
    return csv_download(f"audit-{timezone.now():%Y%m%d-%H%M%S}.csv", rows, for_people=True)


def _rows(entries: QuerySet[AuditEntry], language: str) -> Iterator[Sequence[str]]:
    """The header, then the entries newest first, read in portions while they are sent."""
    yield HEADER
    portion = list(entries.order_by("-pk")[:_CHUNK])
    while portion:
        with translation.override(language):
            rows = [_row(entry) for entry in portion]
        yield from rows
        portion = list(entries.filter(pk__lt=portion[-1].pk).order_by("-pk")[:_CHUNK])


def _row(entry: AuditEntry) -> Sequence[str]:
    return (
        str(entry.number),
        entry.at.isoformat(timespec="milliseconds"),
        entry.who if entry.operator or entry.access_key else "",
        entry.origin,
        entry.address or "",
        entry.act,
        entry.target,
        entry.text,
        json.dumps(entry.facts, ensure_ascii=False) if entry.facts else "",
        entry.hash,
    )
