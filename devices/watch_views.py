"""The live panel of "Connect a device": waiting, registered, connected, or why not."""

import time

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common.sql.paging import key_in
from common.web.htmx import render_page
from devices.connect_progress import DEVICE_WATCH, WATCH, progress
from products.models import Product

# A page that nobody closes must not ask for ever.
WATCH_SECONDS = 30 * 60


@require_safe
def watch(request: HttpRequest, product_key: str) -> HttpResponse:
    """`since` is the key of the log's last entry when the page was opened, `from` that time.

    `device` names the one device that is waited for; without it any of the product's will do.
    """
    product = Product.objects.defer("product_secret").filter(product_key=product_key).first()
    if product is None:
        text = _("There is no product with the ProductKey %(product_key)s.")
        raise Http404(text % {"product_key": product_key})
    since, began = _number(request, "since"), _number(request, "from")
    device_name = request.GET.get("device", "")[:64]
    seen = progress(product_key, since, device_name)
    context = {
        "product": product,
        "device_name": device_name,
        "element": DEVICE_WATCH if device_name else WATCH,
        "seen": seen,
        "since": since,
        "began": began,
        "over": seen.connected is not None or time.time() - began > WATCH_SECONDS,
    }
    return render_page(request, "devices/watch.html", context, regions=(WATCH, DEVICE_WATCH))


def _number(request: HttpRequest, name: str) -> int:
    return key_in(request.GET.get(name)) or 0
