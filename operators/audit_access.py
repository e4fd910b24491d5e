"""Which audit entries a person may read."""

from django.db.models import Q, QuerySet

from operators.models import AuditEntry, Operator

# Targets that name their product.
_OF_A_PRODUCT = ("device", "batch")
# Targets whose entries name no product; of these the own acts are shown.
_OF_NO_PRODUCT = ("operator/", "access_key/", "filter/", "job/")


def visible_audit(operator: Operator) -> QuerySet[AuditEntry]:
    """All, or for an account limited to some products what is about them and about itself.

    Also its own acts, unless they name a product: that may have been taken from it since. So may
    those that a change of its grants names.
    """
    if operator.sees_every_product:
        return AuditEntry.objects.all()
    wanted = Q(target=operator.target) & ~Q(act="operator.products")
    for kind in _OF_NO_PRODUCT:
        wanted |= Q(operator=operator, target__startswith=kind)
    for product_key in operator.granted:
        wanted |= Q(target=f"product/{product_key}")
        for kind in _OF_A_PRODUCT:
            wanted |= Q(target__startswith=f"{kind}/{product_key}/")
    return AuditEntry.objects.filter(wanted)
