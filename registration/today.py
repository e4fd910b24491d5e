"""Registrations of today. Read only."""

from dataclasses import dataclass

from devices.models import Device
from logs.models import LogEntry, ServiceType
from logs.queries import MOST_COUNTED, refusals, start_of_today


@dataclass(frozen=True, slots=True)
class Today:
    activated: int
    refused: int


def today_of(product_key: str, product_id: int) -> Today:
    """Count one product's registrations since midnight, up to MOST_COUNTED."""
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
