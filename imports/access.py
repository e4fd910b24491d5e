"""Batches that a person may look at."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from imports.models import DeviceBatch
from operators.models import Operator
from operators.permissions import operator_of
from products.access import of_visible_products, require_change


def visible_batches(operator: Operator) -> QuerySet[DeviceBatch]:
    """With their product and who asked for them."""
    listed = DeviceBatch.objects.select_related("product", "operator")
    return of_visible_products(listed.defer("product__product_secret"), operator)


def batch_or_404(request: HttpRequest, key: int, *, change: bool = False) -> DeviceBatch:
    """404 for a batch not there or not yours, 403 to look at only."""
    operator = operator_of(request)
    batch = visible_batches(operator).filter(pk=key).first()
    if batch is None:
        raise Http404(_("Batch %(batch)s does not exist or was deleted.") % {"batch": key})
    if change:
        require_change(operator, batch.product.product_key)
    return batch
