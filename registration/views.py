"""The switch of Dynamic Registration, which moves only with a confirmation."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common.errors import NotFoundError, OperationError
from common.web.htmx import DIALOG, go, render_page, retarget, wanted_region
from operators.confirmation import Confirmed
from operators.confirmation_views import handle
from operators.guards import operator_act
from products.access import product_or_404
from products.models import Product
from products.registration_window import Window, window_state
from registration.forms import ALWAYS, WindowForm, proposed
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration

CONFIRM = "registration/dynamic_registration.html"
CHOOSE = "registration/window.html"


@operator_act
def dynamic_registration(request: HttpRequest, product_key: str) -> HttpResponse:
    """The dialog for `?to=on` or `?to=off`; the wished state never follows from the present one.

    Turning on begins with the limits, which then stand in the URL too: a POST there is about
    exactly these, and about none when it has none.
    """
    product = product_or_404(request, product_key, change=True)
    wished = request.GET.get("to")
    if wished not in {"on", "off"}:
        raise Http404(_("There is no such dialog."))
    if wished == "off":
        return _confirm(request, product, None)
    chosen = "open_for" in request.GET
    if not chosen and request.method != "POST":
        return _choose(request, product, WindowForm(product, initial=proposed(product)))
    form = WindowForm(product, request.GET if chosen else {"open_for": ALWAYS})
    if not form.is_valid() or (chosen and "edit" in request.GET):
        return _choose(request, product, form)
    return _confirm(request, product, form)


def _choose(request: HttpRequest, product: Product, form: WindowForm) -> HttpResponse:
    """The first step of turning on: for how long, for how many, for whom."""

    def answer() -> HttpResponse:
        context = {"product": product, "state": window_state(product), "form": form}
        status = 422 if form.errors else 200
        return render_page(request, CHOOSE, context, regions=(DIALOG,), status=status)

    # The second step asked for its own part of the dialog.
    back = request.method == "POST" and wanted_region(request)
    return retarget(request, DIALOG, answer) if back else answer()


def _confirm(request: HttpRequest, product: Product, form: WindowForm | None) -> HttpResponse:
    """The code, for turning off or for what `form` says."""
    enabled = form is not None
    window = form.window if form else Window()

    def turn(confirmed: Confirmed) -> HttpResponse:
        try:
            set_dynamic_registration(product, enabled=enabled, confirmed=confirmed, window=window)
        except NotFoundError as error:
            raise Http404(error.text) from error
        except OperationError as error:
            if form is None:
                raise
            # Since it was chosen, time has passed or devices have registered.
            form.add_error(error.field if error.field in form.fields else None, error.text)
            return _choose(request, product, form)
        text = _done(product, enabled=enabled)
        return go(request, product.get_absolute_url(), text, trail=product.target)

    in_dialog = wanted_region(request) == DIALOG
    return handle(
        request,
        purpose_of(product, enabled=enabled, window=window),
        turn,
        template=f"{CONFIRM}#{DIALOG}" if in_dialog else CONFIRM,
        context={"product": product, "enabled": enabled},
    )


def _done(product: Product, *, enabled: bool) -> str:
    """In the words of what `product`, as it was before, has become."""
    if not enabled:
        text = _("Turned off Dynamic Registration for %(name)s.")
    elif window_state(product).open:
        text = _("Changed the registration window of %(name)s.")
    else:
        text = _("Turned on Dynamic Registration for %(name)s.")
    return text % {"name": product.name}
