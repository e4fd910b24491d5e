"""Findings: what deserves a look, with its evidence side by side, and what can be done."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common.sql.paging import capped_count, keyset_page
from common.web.confirm_dialog import Act, ask
from common.web.forms import posted
from common.web.htmx import Undo, render_page
from findings import operations
from findings.access import visible_findings
from findings.evidence_table import sides_of
from findings.filters import FindingFilter
from findings.forms import DismissForm
from findings.models import Finding, FindingKind, FindingState
from findings.texts import WORDS, sentence
from operators.default_filters import opens_with_default
from operators.guards import operator_act
from operators.permissions import actor_of, operator_of
from products.access import require_change

PAGE_SIZE = 50
MOST_COUNTED = 99
# Kinds for which keeping one of several ClientIDs is a way out.
_SWITCHED = (FindingKind.FLAPPING, FindingKind.CLIENT_IDS)


def finding_or_404(request: HttpRequest, pk: int, *, change: bool = False) -> Finding:
    """404 for one of a product that is not yours, 403 when that is yours to look at only."""
    operator = operator_of(request)
    finding = visible_findings(operator).filter(pk=pk).first()
    if finding is None:
        raise Http404(_("There is no such finding."))
    if change:
        require_change(operator, finding.product.product_key)
    return finding


@require_safe
@opens_with_default("findings:list", FindingFilter)
def finding_list(request: HttpRequest) -> HttpResponse:
    found = visible_findings(operator_of(request))
    chosen = FindingFilter(request.GET, queryset=found, request=request)
    page = keyset_page(chosen.rows, request.GET, size=PAGE_SIZE)
    context = {
        "filter": chosen,
        "page": page,
        "rows": [(finding, sentence(finding)) for finding in page.rows],
        "filtered": bool(request.GET),
    }
    return render_page(request, "findings/list.html", context, regions=("finding-list",))


@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """How many are open, for the badge in the navigation."""
    opened = visible_findings(operator_of(request)).filter(state=FindingState.OPEN)
    context = {"open": capped_count(opened, MOST_COUNTED), "most": MOST_COUNTED}
    return render_page(request, "findings/count.html", context)


@require_safe
def details(request: HttpRequest, pk: int) -> HttpResponse:
    finding = finding_or_404(request, pk)
    context = {
        "finding": finding,
        "product": finding.product,
        "device": finding.device,
        "sentence": sentence(finding),
        "words": WORDS.get(finding.kind),
        "sides": sides_of(finding),
        "switch": finding.kind in _SWITCHED,
    }
    return render_page(request, "findings/details.html", context, regions=("live",))


@operator_act
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    finding = finding_or_404(request, pk, change=True)
    act = Act.of(
        finding,
        _("Dismiss this finding"),
        _("It stays dismissed unless something new appears: another address or ClientID."),
        button=_("Dismiss"),
        done=_("Dismissed the finding."),
        undo=Undo(reverse("findings:reopen", args=[pk]), {}),
    )
    form = DismissForm(posted(request))

    def perform(data: Mapping[str, Any]) -> object:
        return operations.dismiss(actor_of(request), pk, data["reason"])

    return ask(request, act, perform, form)


@operator_act
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    finding = finding_or_404(request, pk, change=True)
    act = Act.of(
        finding,
        _("Reopen this finding"),
        _("It is listed as open again."),
        button=_("Reopen"),
        done=_("Reopened the finding."),
    )
    return ask(request, act, lambda _data: operations.reopen(actor_of(request), pk))
