"""The switch of Dynamic Registration, which moves only with a confirmation."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from iotconsole.kit.errors import NotFoundError
from iotconsole.kit.htmx import DIALOG, go, wanted_region
from operators.confirmation import Confirmed
from operators.confirmation_views import handle
from operators.permissions import operator_required
from products.models import Product
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration

TEMPLATE = "registration/dynamic_registration.html"


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def dynamic_registration(request: HttpRequest, product_key: str) -> HttpResponse:
    """The dialog for `?to=on` or `?to=off`; the wished state never follows from the present one."""
    wished = request.GET.get("to")
    product = Product.objects.filter(product_key=product_key).first()
    if product is None or wished not in {"on", "off"}:
        text = _("There is no product with the ProductKey %(product_key)s.")
        raise Http404(text % {"product_key": product_key})
    enabled = wished == "on"

    def turn(confirmed: Confirmed) -> HttpResponse:
        try:
            set_dynamic_registration(product, enabled=enabled, confirmed=confirmed)
        except NotFoundError as error:
            raise Http404(error.text) from error
        text = (
            _("Turned on Dynamic Registration for %(name)s.")
            if enabled
            else _("Turned off Dynamic Registration for %(name)s.")
        )
        return go(
            request, product.get_absolute_url(), text % {"name": product.name}, trail=product.target
        )

    in_dialog = wanted_region(request) == DIALOG
    return handle(
        request,
        purpose_of(product, enabled=enabled),
        turn,
        template=f"{TEMPLATE}#{DIALOG}" if in_dialog else TEMPLATE,
        context={"product": product, "enabled": enabled},
    )
