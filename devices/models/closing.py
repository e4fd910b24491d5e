"""Connections at brokers that must end."""

from django.db import models

from devices.models.session import RevocationReason


class BrokerClosing(models.Model):
    """Close a device's connections at a broker, but for that of its live session there, if any.

    Written in the transaction of the change that forbids them, and done by a worker; what is left
    to do stays here, however long the broker is away. The device may be gone: `username` is that of
    its connections.
    """

    device_id = models.BigIntegerField()
    broker = models.CharField(max_length=12)
    username = models.CharField(max_length=64)
    reason = models.CharField(max_length=10, choices=RevocationReason)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        indexes = [
            # What a worker has to do now.
            models.Index(fields=["broker", "due_at"], name="closing_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.username} at {self.broker}"
