"""Log entries that a person may look at."""

from django.db.models import QuerySet

from logs.models import LogEntry
from operators.models import Operator


def visible_entries(operator: Operator) -> QuerySet[LogEntry]:
    """Entries of visible products. Those without an existing product need the right to see all."""
    if operator.sees_every_product:
        return LogEntry.objects.all()
    return LogEntry.objects.filter(product_key__in=list(operator.granted))
