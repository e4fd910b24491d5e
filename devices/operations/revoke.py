"""Closing live sessions on every node: the row each listener polls for."""

from collections.abc import Iterable
from datetime import datetime

from devices.models import Device, Revocation, RevocationReason


def revoke(
    devices: Iterable[Device],
    reason: RevocationReason,
    now: datetime,
    *,
    keep_client_id: str = "",
) -> None:
    """Ask all listeners to close the devices' sessions, but for that of `keep_client_id`.

    Call it inside the transaction of the change that forbids the sessions.
    """
    Revocation.objects.bulk_create(
        Revocation(
            device_id=device.pk, reason=reason, keep_client_id=keep_client_id, created_at=now
        )
        for device in devices
    )
