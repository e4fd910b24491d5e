"""Which products a person may look at and change. Lists filter by it, single objects go through it.

    visible_products(operator)                                # a queryset of products
    of_visible_products(rows, operator)                       # of everything that has a product
    product_or_404(request, product_key)                      # 404: not there, or not yours
    product_or_404(request, product_key, change=True)         # 403: yours to look at only

`OnlyOwnProducts` does the same for every URL with a `product_key`, whatever its view forgets.
"""

from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from operators.models import Operator
from operators.permissions import READ_ONLY, operator_of
from products.models import Product

Row = TypeVar("Row", bound=Model)


def visible_products(operator: Operator) -> QuerySet[Product]:
    """Every product, or those the account was granted."""
    if operator.sees_every_product:
        return Product.objects.all()
    return Product.objects.filter(grants__operator=operator)


def of_visible_products(rows: QuerySet[Row], operator: Operator) -> QuerySet[Row]:
    """Filter `rows`, which have a `product`, to those the account may look at."""
    if operator.sees_every_product:
        return rows
    return rows.filter(product__in=visible_products(operator))


def scope(operator: Operator) -> list[str] | None:
    """ProductKeys of the visible products, or None for all: for what is told by ProductKey."""
    return None if operator.sees_every_product else sorted(operator.granted)


def changeable_products(operator: Operator) -> QuerySet[Product]:
    """Those of the visible products that the account may change."""
    if not operator.may_change:
        return Product.objects.none()
    if operator.sees_every_product:
        return Product.objects.all()
    return Product.objects.filter(grants__operator=operator, grants__may_change=True)


def may_change_product(operator: Operator, product: Product) -> bool:
    return operator.may_change_product(product.product_key)


def require_change(operator: Operator, product_key: str) -> None:
    """Raises PermissionDenied for a product that is the account's to look at only."""
    if not operator.may_change_product(product_key):
        raise PermissionDenied(_(READ_ONLY))


def product_or_404(request: HttpRequest, product_key: str, *, change: bool = False) -> Product:
    """The product, if the person asking may look at it, or also change it."""
    operator = operator_of(request)
    products = Product.objects.select_related("dynamic_registration_changed_by")
    product = products.filter(product_key=product_key).first()
    if product is None or not operator.may_look_at(product_key):
        raise _no_such(product_key)
    if change:
        require_change(operator, product_key)
    return product


def _no_such(product_key: str) -> Http404:
    text = _("There is no product with the ProductKey %(product_key)s.")
    return Http404(text % {"product_key": product_key})


class OnlyOwnProducts:
    """Nothing under a URL that names a product answers whom the product does not concern."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self.get_response(request)
        return response

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, kwargs: dict[str, Any]
    ) -> None:
        product_key = kwargs.get("product_key")
        if product_key is None or not isinstance(request.user, Operator):
            return
        operator = request.user
        if not operator.may_look_at(product_key):
            raise _no_such(product_key)
        # To viewers `operator_required` says more.
        changes = request.method not in _READING and operator.may_change
        if changes:
            require_change(operator, product_key)


_READING = {"GET", "HEAD", "OPTIONS"}
