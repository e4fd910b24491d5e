"""Overview: what an operator looks at first, how many, who was refused, what needs a look."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from common.sql.paging import searched_page
from common.web.charts import hourly
from common.web.htmx import render_page, wanted_region
from devices.access import visible_devices
from devices.device_state import Totals, compromised, totals, with_product, with_state
from devices.last_seen import device_rows
from findings.access import visible_findings
from findings.models import FindingState
from iotconsole.onboarding import HIDDEN_COOKIE, HIDDEN_SECONDS, first_steps, wanted
from logs.access import visible_entries
from logs.hourly_stats import (
    DAY_HOURS,
    MOST_UNCOUNTED,
    WEEK_HOURS,
    History,
    counting_lags,
    history,
)
from logs.queries import refusals
from operators.models import Operator
from operators.permissions import operator_of
from products.access import scope, visible_products
from products.models import Product
from products.registration_window import WindowState, window_state

SHOWN = 10
NEWEST = 5


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    operator = operator_of(request)
    counted = totals(within=scope(operator))
    past = history(timezone.now(), scope(operator))
    span = "week" if request.GET.get("span") == "week" else "day"
    region = wanted_region(request)
    context: dict[str, Any] = {
        "products": visible_products(operator).count(),
        "totals": counted,
        "span": span,
        "oob": region == "live",
    }
    if region != "live":
        context |= _charts(past, span)
    if region != "charts":
        context |= _live(request, counted, past)
    return render_page(request, "overview.html", context, regions=("live", "charts"))


def _charts(past: History, span: str) -> dict[str, Any]:
    hours = past.hours(WEEK_HOURS if span == "week" else DAY_HOURS)
    return {
        "spans": [("day", _("24 hours")), ("week", _("7 days"))],
        "charts": [
            hourly("activations", "ok", _("Activations per hour"), past.activations, hours),
            hourly("refusals", "refused", _("Refusals per hour"), past.refusals, hours),
        ],
    }


def _live(request: HttpRequest, counted: Totals, past: History) -> dict[str, Any]:
    steps = first_steps(operator_of(request), counted) if wanted(request, counted) else []
    return {
        "steps": steps,
        "next_step": next((step for step in steps if not step.done), None),
        "reasons": past.reasons[:SHOWN],
        "behind": counting_lags(MOST_UNCOUNTED),
        "shown": SHOWN,
        **_lists(operator_of(request)),
    }


def _lists(operator: Operator) -> dict[str, Any]:
    devices = with_product(visible_devices(operator))
    newest = searched_page(with_state(devices), {}, size=NEWEST).rows
    findings = visible_findings(operator).filter(state=FindingState.OPEN)
    return {
        "findings": findings.order_by("-pk")[:NEWEST],
        "open_products": _open_products(operator),
        "compromised": compromised(devices).order_by("-pk")[:SHOWN],
        "newest": device_rows(newest),
        "refused": searched_page(refusals(visible_entries(operator)), {}, size=NEWEST).rows,
    }


def _open_products(operator: Operator) -> list[tuple[Product, WindowState]]:
    """Products that let new devices in, and how their windows stand."""
    products = visible_products(operator).filter(dynamic_registration=True).defer("product_secret")
    shown = products.select_related("dynamic_registration_changed_by")[:SHOWN]
    windows = [(product, window_state(product)) for product in shown]
    return [(product, window) for product, window in windows if window.open]


@require_POST
def hide_first_steps(_request: HttpRequest) -> HttpResponse:
    """Put the first steps away, in this browser."""
    response = HttpResponseRedirect(reverse("overview"))
    response.set_cookie(
        HIDDEN_COOKIE,
        "hidden",
        max_age=HIDDEN_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response
