"""Products: list, create, details and the acts on one product."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from common.sql.paging import keyset_page
from common.web.confirm_dialog import Act, ask
from common.web.forms import attempt, posted
from common.web.htmx import DIALOG, go, render_page
from operators.default_filters import opens_with_default
from operators.guards import dangerous_act, dangerous_when, operator_act, reveals
from operators.permissions import actor_of, operator_of
from products.access import product_or_404, visible_products
from products.ca_download import read_ca_certificate
from products.filters import ProductFilter
from products.forms import EditProductForm, ProductForm
from products.models import Product
from products.operations.manage import (
    create_product,
    delete_product,
    set_published,
    update_product,
)
from products.operations.reveal import reveal_product_secret

PAGE_SIZE = 50
TABS = (
    ("", gettext_noop("Product Information")),
    ("devices", gettext_noop("Devices")),
    ("topics", gettext_noop("Topics")),
    ("connect", gettext_noop("Connect a device")),
)
DETAILS = "products/details.html"


@require_safe
@opens_with_default("products:list", ProductFilter)
def product_list(request: HttpRequest) -> HttpResponse:
    products = visible_products(operator_of(request)).defer("product_secret")
    chosen = ProductFilter(request.GET, queryset=products)
    page = keyset_page(chosen.rows, request.GET, size=PAGE_SIZE)
    counts = dict(
        Product.objects.filter(pk__in=[product.pk for product in page.rows])
        .order_by()
        .annotate(count=Sum("device_counts__total"))
        .values_list("pk", "count")
    )
    rows = [(product, counts[product.pk] or 0) for product in page.rows]
    context = {"filter": chosen, "page": page, "rows": rows, "filtered": bool(request.GET)}
    return render_page(request, "products/list.html", context, regions=("product-list",))


@operator_act
def create(request: HttpRequest) -> HttpResponse:
    form = ProductForm(posted(request))
    if form.is_valid():
        product = attempt(form, lambda: create_product(actor_of(request), **form.cleaned_data))
        if product:
            text = _("Created product %(name)s. Add its first device, or connect one.")
            text %= {"name": product.name}
            return go(request, product.get_absolute_url(), text, trail=product.target)
    return _product_form(request, form, _("Create Product"), reverse("products:list"))


def _moves_connections(request: HttpRequest, product_key: str) -> bool:
    """Whether this POST gives the product to another broker, which cuts its devices off here."""
    wished = request.POST.get("data_connections", "")
    return wished not in {"", product_or_404(request, product_key).data_connections}


@dangerous_when(
    _moves_connections, gettext_noop("move the data connections of product %(product_key)s")
)
def edit(request: HttpRequest, product_key: str) -> HttpResponse:
    product = product_or_404(request, product_key)
    here = product.get_absolute_url()
    initial = {name: getattr(product, name) for name in EditProductForm.base_fields}
    form = EditProductForm(posted(request), initial=initial)
    if form.is_valid():
        changed = attempt(
            form, lambda: update_product(actor_of(request), product_key, **form.cleaned_data)
        )
        if changed:
            text = _("Changed product %(name)s.") % {"name": changed.name}
            return go(request, here, text, trail=product.target)
    return _product_form(request, form, _("Edit Product"), here)


def _product_form(
    request: HttpRequest, form: EditProductForm, title: str, back: str
) -> HttpResponse:
    return render_page(
        request,
        "products/form.html",
        {"form": form, "title": title, "back": back},
        regions=(DIALOG,),
        status=422 if form.is_bound else 200,
    )


@require_safe
def details(request: HttpRequest, product_key: str, tab: str = "") -> HttpResponse:
    product = product_or_404(request, product_key)
    if tab not in dict(TABS):
        raise Http404(_("There is no such tab."))
    return _details(request, product, tab)


def _details(
    request: HttpRequest, product: Product, tab: str = "", **context: object
) -> HttpResponse:
    here = product.get_absolute_url()
    tabs = [(key, _(title), f"{here}{key}/" if key else here) for key, title in TABS]
    return render_page(
        request,
        DETAILS,
        {"product": product, "tab": tab, "tabs": tabs, **context},
        regions=("live", "secret", "snippets"),
    )


@reveals(gettext_noop("view the ProductSecret of %(product_key)s"))
def secret(request: HttpRequest, product_key: str) -> HttpResponse:
    """Show the ProductSecret, in the header or filled into the snippets of one tab."""
    product = product_or_404(request, product_key)
    revealed = reveal_product_secret(actor_of(request), product_key)
    tab = "connect" if request.POST.get("tab") == "connect" else ""
    return _details(request, product, tab, revealed=revealed)


@operator_act
def publish(request: HttpRequest, product_key: str) -> HttpResponse:
    """Publish, or cancel publishing (`?to=development`)."""
    product = product_or_404(request, product_key)
    published = request.GET.get("to") != "development"
    act = _publish(product) if published else _unpublish(product)
    return ask(
        request,
        act,
        lambda _data: set_published(actor_of(request), product_key, published=published),
    )


def _publish(product: Product) -> Act:
    return Act.of(
        product,
        _("Publish %(name)s"),
        _("A published product cannot be edited or deleted until you cancel publishing."),
        _("Devices and Dynamic Registration are not affected."),
        button=_("Publish"),
        done=_("Published product %(name)s."),
    )


def _unpublish(product: Product) -> Act:
    return Act.of(
        product,
        _("Cancel publishing of %(name)s"),
        _("The product can be edited and deleted again. Devices are not affected."),
        button=_("Cancel Publishing"),
        done=_("Cancelled publishing of product %(name)s."),
    )


@dangerous_act(gettext_noop("delete product %(product_key)s"))
def delete(request: HttpRequest, product_key: str) -> HttpResponse:
    product = product_or_404(request, product_key)
    invalid = _(
        "The ProductKey %(product_key)s becomes invalid. Firmware that carries it can never "
        "register or connect here again."
    )
    act = Act.of(
        product,
        _("Delete product %(name)s"),
        invalid % {"product_key": product_key},
        _("A product that still has devices is not deleted."),
        button=_("Delete product"),
        done=_("Deleted product %(name)s."),
        then=reverse("products:list"),
        danger=True,
    )
    return ask(request, act, lambda _data: delete_product(actor_of(request), product_key))


@login_not_required
@require_safe
def ca_certificate(_request: HttpRequest) -> HttpResponse:
    """The CA's public certificate, which every device needs and nobody has to hide."""
    certificate = read_ca_certificate()
    if not certificate:
        raise Http404(_("This server has no CA certificate yet; `make run` makes one."))
    response = HttpResponse(certificate, content_type="application/x-pem-file")
    response["Content-Disposition"] = 'attachment; filename="ca.pem"'
    return response
