"""Log entries as a test wants them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from devices.models import LogEntry, ServiceType
from devices.operations import log


def logged(reason: str = "ok", *, at: datetime | None = None, **facts: Any) -> LogEntry:
    """Write one entry through the log's only way in; it is a registration unless said otherwise."""
    facts = {"service_type": ServiceType.REGISTRATION, "operation": "regnwl"} | facts
    log.write([log.Event(reason=reason, **facts)], at or timezone.now())
    return LogEntry.objects.latest("pk")
