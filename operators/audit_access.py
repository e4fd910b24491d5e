"""Which audit entries a person may read."""

from django.db.models import Q, QuerySet

from operators.models import AuditEntry, Operator

# Targets that name their product.
_OF_A_PRODUCT = ("device", "batch")


def visible_audit(operator: Operator) -> QuerySet[AuditEntry]:
    """All, or for an account limited to some products: theirs, its own acts, and what befell it."""
    if operator.sees_every_product:
        return AuditEntry.objects.all()
    wanted = Q(operator=operator) | Q(target=operator.target)
    for product_key in operator.granted:
        wanted |= Q(target=f"product/{product_key}")
        for kind in _OF_A_PRODUCT:
            wanted |= Q(target__startswith=f"{kind}/{product_key}/")
    return AuditEntry.objects.filter(wanted)
