"""Products: list, create, details and the acts on one product."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from iotconsole.kit.dialogs import Act, ask
from iotconsole.kit.forms import attempt
from iotconsole.kit.htmx import DIALOG, go, render_page
from iotconsole.kit.paging import keyset_page
from operators.freshness import fresh_confirmation_required, fresh_confirmation_to_reveal
from operators.permissions import actor_of, operator_required
from products.certificate import read_ca_certificate
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
    ("", "Product Information"),
    ("devices", "Devices"),
    ("topics", "Topics"),
    ("connect", "Connect a device"),
)
DETAILS = "products/details.html"


def product_or_404(product_key: str) -> Product:
    try:
        products = Product.objects.select_related("dynamic_registration_changed_by")
        return products.get(product_key=product_key)
    except Product.DoesNotExist as error:
        raise Http404(f"There is no product with the ProductKey {product_key}.") from error


@require_safe
def product_list(request: HttpRequest) -> HttpResponse:
    chosen = ProductFilter(request.GET, queryset=Product.objects.defer("product_secret"))
    page = keyset_page(chosen.rows, request.GET, size=PAGE_SIZE)
    counts = dict(
        Product.objects.filter(pk__in=[product.pk for product in page.rows])
        .order_by()
        .annotate(count=Count("devices"))
        .values_list("pk", "count")
    )
    rows = [(product, counts[product.pk]) for product in page.rows]
    context = {"filter": chosen, "page": page, "rows": rows, "filtered": bool(request.GET)}
    return render_page(request, "products/list.html", context, regions=("product-list",))


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def create(request: HttpRequest) -> HttpResponse:
    form = ProductForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        product = attempt(form, lambda: create_product(actor_of(request), **form.cleaned_data))
        if product:
            text = f"Created product {product.name}. Add its first device, or connect one."
            return go(request, product.get_absolute_url(), text, trail=product.target)
    return _product_form(request, form, "Create Product", reverse("products:list"))


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def edit(request: HttpRequest, product_key: str) -> HttpResponse:
    product = product_or_404(product_key)
    here = product.get_absolute_url()
    initial = {"name": product.name, "description": product.description}
    form = EditProductForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        changed = attempt(
            form, lambda: update_product(actor_of(request), product_key, **form.cleaned_data)
        )
        if changed:
            return go(request, here, f"Changed product {changed.name}.", trail=product.target)
    return _product_form(request, form, "Edit Product", here)


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
    product = product_or_404(product_key)
    if tab not in dict(TABS):
        raise Http404("There is no such tab.")
    return _details(request, product, tab)


def _details(
    request: HttpRequest, product: Product, tab: str = "", **context: object
) -> HttpResponse:
    here = product.get_absolute_url()
    tabs = [(key, title, f"{here}{key}/" if key else here) for key, title in TABS]
    return render_page(
        request,
        DETAILS,
        {"product": product, "tab": tab, "tabs": tabs, **context},
        regions=("live", "secret", "snippets"),
    )


@never_cache
@require_POST
@operator_required
@fresh_confirmation_to_reveal
def secret(request: HttpRequest, product_key: str) -> HttpResponse:
    """Show the ProductSecret, in the header or filled into the snippets of one tab."""
    product = product_or_404(product_key)
    revealed = reveal_product_secret(actor_of(request), product_key)
    tab = "connect" if request.POST.get("tab") == "connect" else ""
    return _details(request, product, tab, revealed=revealed)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def publish(request: HttpRequest, product_key: str) -> HttpResponse:
    """Publish, or cancel publishing (`?to=development`)."""
    product = product_or_404(product_key)
    published = request.GET.get("to") != "development"
    act = _publish(product) if published else _unpublish(product)

    def perform(_: Mapping[str, Any]) -> object:
        return set_published(actor_of(request), product_key, published=published)

    return ask(request, act, perform)


def _publish(product: Product) -> Act:
    here = product.get_absolute_url()
    return Act(
        title=f"Publish {product.name}",
        sentences=(
            "A published product can be neither edited nor deleted until publishing is cancelled.",
            "Devices and Dynamic Registration are not affected.",
        ),
        button="Publish",
        done=f"Published product {product.name}.",
        trail=product.target,
        back=here,
        then=here,
    )


def _unpublish(product: Product) -> Act:
    here = product.get_absolute_url()
    return Act(
        title=f"Cancel publishing of {product.name}",
        sentences=("The product can be edited and deleted again. Devices are not affected.",),
        button="Cancel Publishing",
        done=f"Cancelled publishing of product {product.name}.",
        trail=product.target,
        back=here,
        then=here,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
@fresh_confirmation_required
def delete(request: HttpRequest, product_key: str) -> HttpResponse:
    product = product_or_404(product_key)
    act = Act(
        title=f"Delete product {product.name}",
        sentences=(
            f"The ProductKey {product_key} becomes invalid, and firmware that carries it can never "
            "register or connect here again.",
            "A product that still has devices is not deleted.",
        ),
        button="Delete product",
        done=f"Deleted product {product.name}.",
        trail=product.target,
        back=product.get_absolute_url(),
        then=reverse("products:list"),
        danger=True,
    )
    return ask(request, act, lambda _: delete_product(actor_of(request), product_key))


@login_not_required
@require_safe
def ca_certificate(_request: HttpRequest) -> HttpResponse:
    """The CA's public certificate, which every device needs and nobody has to hide."""
    certificate = read_ca_certificate()
    if not certificate:
        raise Http404("This server has no CA certificate yet; `make run` makes one.")
    response = HttpResponse(certificate, content_type="application/x-pem-file")
    response["Content-Disposition"] = 'attachment; filename="ca.pem"'
    return response
