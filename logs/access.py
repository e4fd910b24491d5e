"""What a person may look at of the log."""

from django.db.models import QuerySet

from logs.models import LogEntry
from operators.models import Operator


def visible_entries(operator: Operator) -> QuerySet[LogEntry]:
    """What names no product, or one that does not exist, is for those who see every product."""
    if operator.sees_every_product:
        return LogEntry.objects.all()
    return LogEntry.objects.filter(product_key__in=list(operator.granted))
