"""What the log tells in numbers and words. Read only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from devices.models import Device, LogEntry, ServiceType
from devices.reasons import REASONS, Reason

# Live pages do not count further than this.
MOST_COUNTED = 10_000


def refusals(entries: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    """Attempts that were refused; the end of a connection is none, whatever its code."""
    return entries.exclude(code="200").exclude(operation="offline")


def reason_of(key: str) -> Reason:
    """The reason of a log line; one written by an older release may be unknown by now."""
    return REASONS.get(key) or Reason(
        key, "", key, gettext_noop("This release does not know this reason.")
    )


def start_of_today() -> datetime:
    """Midnight in the server's time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Today:
    activated: int
    refused: int


def today_of(product_key: str, product_id: int) -> Today:
    """What Dynamic Registration did for one product since midnight, counted to MOST_COUNTED."""
    since = start_of_today()
    activated = Device.objects.filter(product=product_id, activated_at__gte=since)
    refused = refusals(
        LogEntry.objects.filter(
            product_key=product_key, service_type=ServiceType.REGISTRATION, at__gte=since
        )
    )
    return Today(
        activated.order_by()[:MOST_COUNTED].count(), refused.order_by()[:MOST_COUNTED].count()
    )
