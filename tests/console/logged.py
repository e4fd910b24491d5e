"""Log entries as a test wants them."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from logs.models import LogEntry, ServiceType
from logs.operations import log_writer
from logs.reasons import Reason


def logged(reason: str = "ok", *, at: datetime | None = None, **facts: Any) -> LogEntry:
    """Write one entry through the log's only way in; it is a registration unless said otherwise."""
    facts = {"service_type": ServiceType.REGISTRATION, "operation": "regnwl"} | facts
    log_writer.write([log_writer.Event(reason=Reason(reason), **facts)], at or timezone.now())
    return LogEntry.objects.latest("pk")
