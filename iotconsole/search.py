"""Search of the top bar: products, devices and things to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from common.web.htmx import render_page, wanted_region
from devices.device_state import with_product
from devices.models import Device
from devices.search import find_devices, searchable_devices
from operators.models import Operator
from operators.permissions import operator_of
from products.access import may_change_product, visible_products
from products.models import Product

MOST_OBJECTS = 8
LONGEST_TEXT = 100
PANEL = "palette"


@dataclass(frozen=True, slots=True)
class Hit:
    """One line to choose. `dialog` opens in the dialog of the page at hand."""

    title: str
    path: str
    icon: str
    note: str = ""
    dialog: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    hits: list[Hit]


class Action(NamedTuple):
    """`words` are others one may type for it."""

    title: Promise
    view: str
    icon: str
    words: str = ""
    changes: bool = False
    dialog: bool = False


ACTIONS = (
    Action(gettext_lazy("Overview"), "overview", "layout-dashboard", "home dashboard"),
    Action(gettext_lazy("Products"), "products:list", "package"),
    Action(gettext_lazy("Devices"), "devices:list", "microchip"),
    Action(gettext_lazy("Findings"), "findings:list", "shield-alert", "clones leaks security"),
    Action(gettext_lazy("Log Service"), "logs:list", "scroll-text", "refusals events"),
    Action(gettext_lazy("Audit"), "operators:audit", "footprints", "trail history changes"),
    Action(gettext_lazy("Settings"), "operators:settings", "settings", "phone password totp"),
    Action(gettext_lazy("Create Product"), "products:create", "plus", "new", True, True),
    Action(gettext_lazy("Add Device"), "devices:add", "plus", "new register", True, True),
)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The panel under the search box; as a page of its own, straight to a single finding."""
    text = request.GET.get("q", "").strip()[:LONGEST_TEXT]
    groups = find(text, operator_of(request))
    panel = wanted_region(request) == PANEL
    found = [hit for group in groups[:2] for hit in group.hits]
    if text and not panel and len(found) == 1:
        return redirect(found[0].path)
    context = {"text": text, "groups": [g for g in groups if g.hits], "panel": panel}
    return render_page(request, "search.html", context, regions=(PANEL,))


def find(text: str, operator: Operator) -> list[Group]:
    """Products, devices, actions, in this order; without text only the actions."""
    products = _products(text, operator) if text else []
    seen = with_product(searchable_devices(operator))
    devices = find_devices(seen, text, most=MOST_OBJECTS) if text else []
    return [
        Group(_("Products"), [_product_hit(product) for product in products]),
        Group(_("Devices"), [_device_hit(device) for device in devices]),
        Group(
            _("Actions"),
            [*_of_the_only_one(products, devices, operator), *_actions(text, operator)],
        ),
    ]


def _products(text: str, operator: Operator) -> list[Product]:
    wanted = Q(name__icontains=text) | Q(product_key__startswith=text)
    return list(
        visible_products(operator)
        .defer("product_secret")
        .filter(wanted)
        .order_by("name")[:MOST_OBJECTS]
    )


def _product_hit(product: Product) -> Hit:
    return Hit(product.name, product.get_absolute_url(), "package", product.product_key)


def _device_hit(device: Device) -> Hit:
    note = " · ".join(filter(None, (device.nickname, device.product.name)))
    return Hit(device.device_name, device.get_absolute_url(), "microchip", note)


def _of_the_only_one(
    products: list[Product], devices: list[Device], operator: Operator
) -> Iterator[Hit]:
    """When the text names one thing, what one may want with it."""
    if len(devices) == 1:
        here, name = devices[0].get_absolute_url(), devices[0].device_name
        yield Hit(_("Log Service"), f"{here}log/", "scroll-text", name)
        yield Hit(_("MQTT Connection Parameters"), f"{here}mqtt/", "cable", name)
    elif len(products) == 1:
        here, name = products[0].get_absolute_url(), products[0].name
        yield Hit(_("Connect a device"), f"{here}connect/", "cable", name)
        if may_change_product(operator, products[0]):
            add = f"{reverse('devices:add')}?product={products[0].product_key}"
            yield Hit(_("Add Device"), add, "plus", name, dialog=True)
            yield _switch_hit(products[0])


def _switch_hit(product: Product) -> Hit:
    to = "off" if product.dynamic_registration else "on"
    title = _("Turn off Dynamic Registration") if to == "off" else _("Turn on Dynamic Registration")
    path = reverse("registration:dynamic_registration", args=[product.product_key])
    return Hit(title, f"{path}?to={to}", "toggle-left", product.name, dialog=True)


def _actions(text: str, operator: Operator) -> Iterator[Hit]:
    wanted = text.casefold().split()
    for action in ACTIONS:
        said = f"{action.title} {action.words}".casefold()
        if (operator.may_change or not action.changes) and all(word in said for word in wanted):
            yield Hit(str(action.title), reverse(action.view), action.icon, dialog=action.dialog)
