"""The way to the first activated device, one step after the other, for whoever begins."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from devices.device_state import Totals
from operators.models import Operator
from products.access import visible_products
from products.models import Product

# A browser that has put the list away for a year.
HIDDEN_COOKIE = "first-steps"
HIDDEN_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Step:
    """`url` leads to where it is done; `dialog` when that opens in the page's dialog."""

    key: str
    title: str
    hint: str
    done: bool
    url: str
    button: str
    dialog: bool = False


def wanted(request: HttpRequest, totals: Totals) -> bool:
    """Until the first device is activated, unless somebody has put it away."""
    return not totals.activated and HIDDEN_COOKIE not in request.COOKIES


def first_steps(operator: Operator, totals: Totals) -> list[Step]:
    """The newest product that is on, else the newest of all, is the one the steps lead to."""
    products = visible_products(operator).defer("product_secret")
    product = products.order_by("-dynamic_registration", "-pk").first()
    return [
        _phone(operator),
        _product(product),
        _registration(product, totals),
        _device(product, totals),
    ]


def _phone(operator: Operator) -> Step:
    return Step(
        "phone",
        _("Verify your phone"),
        _("A code is texted before risky actions."),
        done=bool(operator.phone_verified_at),
        url=reverse("operators:phone"),
        button=_("Verify phone"),
    )


def _product(product: Product | None) -> Step:
    return Step(
        "product",
        _("Create a product"),
        _("One model of device: its ProductKey and ProductSecret go into the firmware."),
        done=product is not None,
        url=reverse("products:create"),
        button=_("Create Product"),
        dialog=True,
    )


def _registration(product: Product | None, totals: Totals) -> Step:
    on = product is not None and product.dynamic_registration
    return Step(
        "registration",
        _("Turn on Dynamic Registration"),
        _("Devices with the product certificate can then register by themselves."),
        done=on or totals.activated > 0,
        url=product.get_absolute_url() if product else "",
        button=_("Open the product"),
    )


def _device(product: Product | None, totals: Totals) -> Step:
    return Step(
        "device",
        _("Connect a device"),
        _("Ready-made programs for the C and Python SDK, a simulator, and a live panel."),
        done=totals.activated > 0,
        url=f"{product.get_absolute_url()}connect/" if product else "",
        button=_("Connect a device"),
    )
