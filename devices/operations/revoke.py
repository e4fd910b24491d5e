"""Closing live sessions on every node: the row each listener polls for."""

from collections.abc import Collection
from datetime import datetime

from devices.models import Device, Revocation, RevocationReason
from devices.operations.broker_disconnects import end_at_brokers


def revoke(
    devices: Collection[Device],
    reason: RevocationReason,
    now: datetime,
    *,
    keep_client_id: str = "",
) -> None:
    """Ask all listeners and brokers to close the devices' sessions, but for `keep_client_id`'s.

    Call it inside the transaction of the change that forbids the sessions.
    """
    Revocation.objects.bulk_create(
        Revocation(
            device_id=device.pk, reason=reason, keep_client_id=keep_client_id, created_at=now
        )
        for device in devices
    )
    end_at_brokers([device.pk for device in devices], reason, now, keep_client_id=keep_client_id)
