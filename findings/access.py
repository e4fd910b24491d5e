"""Findings that a person may look at."""

from django.db.models import QuerySet

from findings.models import Finding
from operators.models import Operator
from products.access import of_visible_products


def visible_findings(operator: Operator) -> QuerySet[Finding]:
    """With product and device, without their secrets."""
    findings = Finding.objects.select_related("product", "device", "closed_by").defer(
        "product__product_secret", "device__device_secret"
    )
    return of_visible_products(findings, operator)
