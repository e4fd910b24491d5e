"""Closing live sessions on every node: the row each listener polls for."""

from datetime import datetime

from devices.models import Device, Revocation, RevocationReason


def revoke(
    device: Device,
    reason: RevocationReason,
    now: datetime,
    *,
    keep_client_id: str = "",
) -> None:
    """Ask all listeners to close the device's sessions, but for that of `keep_client_id`.

    Call it inside the transaction of the change that forbids the sessions.
    """
    Revocation.objects.create(
        device_id=device.pk, reason=reason, keep_client_id=keep_client_id, created_at=now
    )
