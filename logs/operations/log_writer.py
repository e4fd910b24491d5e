"""The Log Service's single way in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from common.sql.bulk_insert import Writer
from logs.models import LogEntry, ServiceType
from logs.reasons import REASONS, Reason

# A device may put anything into its names; what is logged is bounded.
_LONGEST_NAME = 64

_ENTRIES = Writer(
    LogEntry,
    (
        *("trace_id", "connection_id", "product_key", "device_name", "client_id"),
        *("service_type", "operation", "code", "reason", "address", "detail"),
    ),
    alike=("at",),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Content of a log entry. The code follows from `reason`.

    `trace_id` is the credential's where it is proven; left out it is that of the connection.
    `detail` holds short facts (mode, SDK, topic…), never a secret, password, token or code.
    """

    service_type: ServiceType
    operation: str
    reason: Reason
    trace_id: str = ""
    connection_id: str = ""
    product_key: str = ""
    device_name: str = ""
    client_id: str = ""
    address: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)


def write(events: Iterable[Event], now: datetime) -> None:
    """Append all events with one INSERT."""
    _ENTRIES.write([_entry(event) for event in events], at=now)


def _entry(event: Event) -> tuple[object, ...]:
    return (
        event.trace_id or event.connection_id,
        event.connection_id,
        event.product_key[:_LONGEST_NAME],
        event.device_name[:_LONGEST_NAME],
        event.client_id[:_LONGEST_NAME],
        event.service_type,
        event.operation,
        REASONS[event.reason].code,
        event.reason,
        event.address,
        dict(event.detail),
    )
