"""Template tags for the findings of a product or device."""

from typing import Any

from django import template

from findings.models import Finding, FindingState

register = template.Library()

_SHOWN = 3


@register.inclusion_tag("findings/_banner.html")
def findings_banner(product_key: str, device_name: str = "") -> dict[str, Any]:
    """The open findings of a product, or of one of its devices; one query."""
    opened = Finding.objects.filter(product__product_key=product_key, state=FindingState.OPEN)
    if device_name:
        opened = opened.filter(device_name=device_name)
    found = list(opened.select_related("product").defer("product__product_secret")[: _SHOWN + 1])
    return {
        "findings": found[:_SHOWN],
        "more": len(found) > _SHOWN,
        "product_key": product_key,
        "device_name": device_name,
    }
