"""The drill for a leaked ProductSecret: close, rotate, look at what came in, cut it off."""

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from common.sql.paging import KeysetPage, capped_count
from common.web.downloads import csv_download
from common.web.htmx import render_page
from devices.bulk_selection import bulk_bar
from devices.filters import DeviceFilter
from devices.models import Device
from logs.queries import MOST_COUNTED
from operators.confirmation import Confirmed
from operators.guards import operator_act
from operators.operations import audit
from operators.permissions import actor_of, operator_of
from products.access import product_or_404
from products.models import Product
from products.registration_window import window_state
from registration.forms import SinceForm
from registration.operations.secret_leak import leak_purpose, stop_leak
from registration.secret_leak import devices_since, export_rows, registered
from registration.secret_views import confirm_act

PAGE_SIZE = 50
DAYS_BACK = 7


@require_safe
def leaked(request: HttpRequest, product_key: str) -> HttpResponse:
    product = product_or_404(request, product_key)
    form, since = _since(request)
    devices = devices_since(product, since)
    filters = _filters(product, since)
    chosen = DeviceFilter(filters, queryset=devices, request=request)
    page: KeysetPage[Device] = chosen.page(request.GET, size=PAGE_SIZE)
    operator = operator_of(request)
    mine = operator.may_change_product(product_key)
    more = bool(page.older or page.newer)
    context = {
        "product": product,
        "state": window_state(product),
        "may_change": mine,
        "form": form,
        "since": since,
        "page": page,
        "rows": registered(product, page.rows),
        "count": capped_count(devices, MOST_COUNTED),
        "most": MOST_COUNTED,
        "bulk": bulk_bar(operator, filters, more=more) if mine else None,
    }
    return render_page(request, "registration/leaked.html", context, regions=("leaked-list",))


def _filters(product: Product, since: datetime) -> QueryDict:
    """Those of the devices' list that leave the same devices."""
    filters = QueryDict(mutable=True)
    filters.update({"product": product.product_key, "registered": since.isoformat()})
    return filters


def _since(request: HttpRequest) -> tuple[SinceForm, datetime]:
    """The moment in the URL; a week ago without one, or where it is no moment."""
    week_ago = (timezone.now() - timedelta(days=DAYS_BACK)).replace(second=0, microsecond=0)
    form = SinceForm(request.GET if "since" in request.GET else None, initial={"since": week_ago})
    form.auto_id = "filter-%s"
    since: datetime = form.cleaned_data["since"] if form.is_valid() else week_ago
    return form, since.astimezone(UTC)


@operator_act
def stop(request: HttpRequest, product_key: str) -> HttpResponse:
    """The first two steps with one code."""
    product = product_or_404(request, product_key, change=True)

    def perform(confirmed: Confirmed) -> None:
        stop_leak(product, confirmed=confirmed)

    done = _("The old ProductSecret of %(name)s no longer works.")
    title = _("Close registration and rotate the ProductSecret")
    then = _here(product)
    return confirm_act(request, product, title, leak_purpose(product), perform, done, then=then)


def _here(product: Product) -> str:
    return reverse("registration:leaked", args=[product.product_key])


@require_POST
def export(request: HttpRequest, product_key: str) -> HttpResponseBase:
    """The list as CSV. It holds no secret, but names every device, so it leaves a trace."""
    product = product_or_404(request, product_key)
    _form, since = _since(request)
    summary = gettext_noop("Exported the devices registered since %(since)s")
    told = f"{since:%Y-%m-%d %H:%M} UTC"
    audit.record(actor_of(request), "product.export", product.target, summary, since=told)
    name = f"registered-{product_key}-{timezone.now():%Y%m%d-%H%M%S}.csv"
    devices = devices_since(product, since)
    chosen = DeviceFilter(_filters(product, since), queryset=devices, request=request)
    return csv_download(name, export_rows(product, chosen.portions()), for_people=True)
