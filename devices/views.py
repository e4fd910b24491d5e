"""Devices: list, live states, add, details, and what they connect with."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from common.sql.paging import key_in
from common.web.confirm_dialog import kept
from common.web.forms import attempt, posted
from common.web.htmx import DIALOG, render_page, wanted_region
from devices.access import device_or_404, visible_devices
from devices.bulk_selection import bulk_bar
from devices.device_state import state_of, totals, with_product, with_state
from devices.filters import DeviceFilter
from devices.forms import AddDeviceForm
from devices.last_seen import client_id_rows, current_client_id, device_rows, last_seen
from devices.models import Device
from devices.operations.add import add_device
from devices.operations.reveal import reveal_connection, reveal_device_secret
from devices.timeline import Timeline, timeline
from logs.models import LogEntry
from operators.default_filters import opens_with_default
from operators.guards import dangerous_act, reveals
from operators.models import Operator
from operators.permissions import actor_of, operator_of
from products.access import changeable_products, scope

PAGE_SIZE = 50
NEWEST_LOG = 20
TIMELINE_SIZE = 50
TABS = (
    ("", gettext_noop("Device Information")),
    ("timeline", gettext_noop("Timeline")),
    ("log", gettext_noop("Log Service")),
    ("topics", gettext_noop("Topics")),
    ("mqtt", gettext_noop("MQTT Connection Parameters")),
)


def _listed(operator: Operator) -> QuerySet[Device]:
    return with_state(with_product(visible_devices(operator)))


@require_safe
@opens_with_default("devices:list", DeviceFilter)
def device_list(request: HttpRequest) -> HttpResponse:
    operator = operator_of(request)
    chosen = DeviceFilter(request.GET, queryset=_listed(operator), request=request)
    page = chosen.page(request.GET, size=PAGE_SIZE)
    context = {
        "filter": chosen,
        "page": page,
        "reached": page.reached and page.reached.created_at,
        "rows": device_rows(page.rows),
        "states_url": _states_url(request, page.rows),
        "totals": totals(request.GET.get("product", ""), within=scope(operator)),
        "filtered": bool(request.GET),
        "bulk": bulk_bar(operator, request.GET, more=bool(page.older or page.newer)),
    }
    return render_page(request, "devices/list.html", context, regions=("device-list",))


def _states_url(request: HttpRequest, devices: list[Device]) -> str:
    """Asks for the states of these devices; keeps the filters, which the totals link to."""
    params = request.GET.copy()
    for cursor in ("before", "after"):
        params.pop(cursor, None)
    params.setlist("id", [str(device.pk) for device in devices])
    return f"{reverse('devices:states')}?{params.urlencode()}"


@require_safe
def states(request: HttpRequest) -> HttpResponse:
    """State and last connection of the devices in `id`, swapped into the rows that show them."""
    operator = operator_of(request)
    asked = map(key_in, request.GET.getlist("id"))
    wanted = [key for key in asked if key is not None]
    shown = visible_devices(operator).defer("device_secret").filter(pk__in=wanted[:PAGE_SIZE])
    context = {
        "rows": device_rows(list(with_state(shown))),
        "totals": totals(request.GET.get("product", ""), within=scope(operator)),
        "oob": True,
    }
    return render_page(request, "devices/states.html", context)


@never_cache
@dangerous_act(gettext_noop("add a device"))
def add(request: HttpRequest) -> HttpResponse:
    """Add one device; the answer is its certificate, with the DeviceSecret."""
    form = AddDeviceForm(
        changeable_products(operator_of(request)),
        posted(request),
        initial={"product": request.GET.get("product"), **kept(request)},
    )
    if form.is_valid():
        product_key = form.cleaned_data["product"].product_key
        name, nickname = form.cleaned_data["device_name"], form.cleaned_data["nickname"]
        device = attempt(
            form, lambda: add_device(actor_of(request), product_key, name, nickname=nickname)
        )
        if device:
            context = {"device": device}
            return render_page(request, "devices/certificate.html", context, regions=(DIALOG,))
    return render_page(
        request,
        "devices/add.html",
        {"form": form, "back": reverse("devices:list")},
        regions=(DIALOG,),
        status=422 if form.is_bound else 200,
    )


@require_safe
def details(
    request: HttpRequest, product_key: str, device_name: str, tab: str = ""
) -> HttpResponse:
    if tab not in dict(TABS):
        raise Http404(_("There is no such tab."))
    return _details(request, device_or_404(request, product_key, device_name), tab)


def _details(
    request: HttpRequest, device: Device, tab: str = "", **context: object
) -> HttpResponse:
    here = device.get_absolute_url()
    client_ids = client_id_rows(device)
    return render_page(
        request,
        "devices/details.html",
        {
            "device": device,
            "product": device.product,
            "state": state_of(device),
            "seen": last_seen([device.pk]).get(device.pk),
            "client_ids": client_ids,
            "client_id": current_client_id(client_ids),
            "entries": _newest_log(device) if tab == "log" else [],
            "timeline": _timeline(request, device) if tab == "timeline" else None,
            "tab": tab,
            "tabs": [(key, _(title), f"{here}{key}/" if key else here) for key, title in TABS],
            "oob": wanted_region(request) == "live",
            **context,
        },
        regions=("live", "secret", "parameters", "timeline"),
    )


def _timeline(request: HttpRequest, device: Device) -> Timeline:
    log, audit = key_in(request.GET.get("log")), key_in(request.GET.get("audit"))
    return timeline(device, log, audit, TIMELINE_SIZE)


def _newest_log(device: Device) -> list[LogEntry]:
    entries = LogEntry.objects.filter(
        product_key=device.product.product_key, device_name=device.device_name
    )
    return list(entries.order_by("-pk")[:NEWEST_LOG])


@reveals(gettext_noop("view the DeviceSecret of %(device_name)s"))
def secret(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    device = device_or_404(request, product_key, device_name)
    revealed = reveal_device_secret(actor_of(request), product_key, device_name)
    return _details(request, device, revealed=revealed)


@reveals(gettext_noop("view the MQTT connection parameters of %(device_name)s"))
def parameters(request: HttpRequest, product_key: str, device_name: str) -> HttpResponse:
    device = device_or_404(request, product_key, device_name)
    revealed = reveal_connection(actor_of(request), product_key, device_name)
    return _details(request, device, "mqtt", parameters=revealed)
