"""Sessions of devices, and revocations that end them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.models.device import Device
from products.models import Product


class ListenerProcess(models.Model):
    """One running listener. Its sessions end with it."""

    id = models.UUIDField(primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class Session(models.Model):
    """The latest connection of one credential; live while `ended_at` is null.

    `client_id` is the issued ClientID, or empty for a connection with the DeviceSecret.
    """

    # No index of its own: session_per_credential begins with it.
    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="sessions", db_index=False
    )
    # The device's, said again: how many of a product are online is counted from an index alone. No
    # constraint of its own, because a connection must not wait for who changes its product.
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    client_id = models.CharField(max_length=64, blank=True)
    trace_id = models.CharField(max_length=16)
    listener = models.UUIDField()
    # At a broker: which of the device's connections it is (brokers.listeners.connection_of).
    connection = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True)
    sdk = models.CharField(max_length=64, blank=True)
    connected_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # The upsert of a new connection, and the rows of one device.
            models.UniqueConstraint(fields=["device", "client_id"], name="session_per_credential"),
            # One live session per identity; also finds who is online.
            models.UniqueConstraint(
                fields=["device"], condition=Q(ended_at__isnull=True), name="session_one_live"
            ),
        ]
        indexes = [
            # Ending the sessions of a listener, or of one connection.
            models.Index(
                fields=["listener", "trace_id"],
                condition=Q(ended_at__isnull=True),
                name="session_live_by_listener",
            ),
            # Who of a product is online: the count, and the list when it is short.
            models.Index(
                fields=["product", "-device"],
                condition=Q(ended_at__isnull=True),
                name="session_live_by_product",
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.trace_id}"


class RevocationReason(models.TextChoices):
    SWITCH = "switch", _("Another ClientID was kept by Switch")
    CLEAR = "clear", _("Cleared")
    DISABLE = "disable", _("Disabled")
    DELETE = "delete", _("Deleted")
    TAKEOVER = "takeover", _("Kicked by the same device")


class Revocation(models.Model):
    """Close sessions of a device, on whichever listener holds them.

    Written in the transaction of the change that causes it; listeners poll it by id. `device_id`
    is a plain number, because the device may be gone. All sessions of the device end, except that
    of `keep_client_id` (Switch) or `keep_trace_id` (takeover) where one is named.
    """

    device_id = models.BigIntegerField()
    reason = models.CharField(max_length=10, choices=RevocationReason)
    keep_client_id = models.CharField(max_length=64, blank=True)
    keep_trace_id = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Pruning by age.
            models.Index(fields=["created_at"], name="revocation_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.device_id}"
