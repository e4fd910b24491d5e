"""Activity of a product's devices since somebody began to watch. Read only."""

from dataclasses import dataclass

from logs.models import LogEntry, ServiceType
from logs.presentation import Told, told

# Ids of the panel's element: for all devices of a product, and for one.
WATCH, DEVICE_WATCH = "watch", "watch-device"
# Entries read per look; a watcher wants the latest.
_READ = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """The latest connection, the latest registration, and the refusal that came last of all."""

    registered: LogEntry | None
    connected: LogEntry | None
    refused: LogEntry | None

    @property
    def told(self) -> Told | None:
        return told(self.refused) if self.refused else None


def progress(product_key: str, since: int, device_name: str = "") -> Progress:
    """Read the log after the entry `since`, for all devices or one; one query."""
    entries = LogEntry.objects.filter(
        product_key=product_key,
        pk__gt=since,
        service_type__in=(ServiceType.REGISTRATION, ServiceType.DEVICE),
    )
    if device_name:
        entries = entries.filter(device_name=device_name)
    latest = list(entries.exclude(operation="offline").order_by("-pk")[:_READ])
    return Progress(
        registered=_first(latest, service_type=ServiceType.REGISTRATION, succeeded=True),
        connected=_first(latest, service_type=ServiceType.DEVICE, succeeded=True),
        refused=latest[0] if latest and not latest[0].succeeded else None,
    )


def _first(entries: list[LogEntry], *, service_type: str, succeeded: bool) -> LogEntry | None:
    fitting = (e for e in entries if e.service_type == service_type and e.succeeded == succeeded)
    return next(fitting, None)
