"""The ProductSecret of a product: rotating it, and ending the time of the one before."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common.errors import NotFoundError, OperationError
from common.web.htmx import DIALOG, go, render_page, retarget, wanted_region
from operators.confirmation import Confirmed
from operators.confirmation_views import handle
from operators.guards import operator_act
from operators.purposes import Purpose
from products.access import product_or_404
from products.models import Product
from registration.forms import RotateForm
from registration.operations.rotate_secret import (
    end_overlap,
    end_overlap_purpose,
    rotate_secret,
    rotation_purpose,
)

CHOOSE, CONFIRM = "registration/rotate.html", "registration/confirm.html"


@operator_act
def rotate(request: HttpRequest, product_key: str) -> HttpResponse:
    """How long the old ProductSecret is to serve, then the code for exactly that."""
    product = product_or_404(request, product_key, change=True)
    form = RotateForm(request.GET if "overlap" in request.GET else None)
    if not form.is_valid() or "edit" in request.GET:
        return _choose(request, product, form)

    def perform(confirmed: Confirmed) -> None:
        rotate_secret(product, confirmed=confirmed, overlap=form.chosen)

    done = _("Rotated the ProductSecret of %(name)s. New firmware needs the new one: View it.")
    purpose = rotation_purpose(product, form.chosen)
    title = _("Rotate the ProductSecret")
    return confirm_act(request, product, title, purpose, perform, done)


@operator_act
def finish_overlap(request: HttpRequest, product_key: str) -> HttpResponse:
    product = product_or_404(request, product_key, change=True)

    def perform(confirmed: Confirmed) -> None:
        end_overlap(product, confirmed=confirmed)

    done = _("Stopped the old ProductSecret of %(name)s.")
    title = _("Stop the old ProductSecret now")
    return confirm_act(request, product, title, end_overlap_purpose(product), perform, done)


def _choose(request: HttpRequest, product: Product, form: RotateForm) -> HttpResponse:
    def answer() -> HttpResponse:
        context = {"product": product, "form": form}
        status = 422 if form.errors else 200
        return render_page(request, CHOOSE, context, regions=(DIALOG,), status=status)

    back = request.method == "POST" and wanted_region(request)
    return retarget(request, DIALOG, answer) if back else answer()


def confirm_act(
    request: HttpRequest,
    product: Product,
    title: str,
    purpose: Purpose,
    perform: Callable[[Confirmed], None],
    done: str,
    *,
    then: str = "",
) -> HttpResponse:
    """The dialog of codes; what was done, or cannot be done any more, is told on the page `then`,
    or the product's."""
    then = then or product.get_absolute_url()

    def act(confirmed: Confirmed) -> HttpResponse:
        try:
            perform(confirmed)
        except NotFoundError as error:
            raise Http404(error.text) from error
        except OperationError as error:
            return go(request, then, error.text, trail=product.target)
        return go(request, then, done % {"name": product.name}, trail=product.target)

    in_dialog = wanted_region(request) == DIALOG
    return handle(
        request,
        purpose,
        act,
        template=f"{CONFIRM}#{DIALOG}" if in_dialog else CONFIRM,
        context={"product": product, "title": title, "back": then},
    )
