"""The overview, and the pages that say what went wrong."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from devices.logs import refusals_by_reason
from devices.models import Device
from devices.states import compromised, totals
from iotconsole.kit.htmx import render_page
from products.models import Product

SHOWN = 10


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What an operator looks at first: how many, who was refused, what needs a look."""
    clones = compromised(Device.objects.select_related("product").defer("device_secret"))
    open_products = Product.objects.filter(dynamic_registration=True).defer("product_secret")
    context = {
        "totals": totals(),
        "refusals": refusals_by_reason(timezone.now() - timedelta(days=1)),
        "open_products": open_products.select_related("dynamic_registration_changed_by")[:SHOWN],
        "compromised": clones.order_by("-pk")[:SHOWN],
        "products": Product.objects.count(),
        "shown": SHOWN,
    }
    return render_page(request, "overview.html", context, regions=("live",))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    # Django's own resolver puts a data structure there; only our words are for people.
    said = exception.args[0] if exception.args else ""
    words = said if isinstance(said, str) else ""
    return render(request, "404.html", {"words": words}, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", {"words": str(exception)}, status=403)
