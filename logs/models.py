"""Log entries about devices, and their counts."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ServiceType(models.TextChoices):
    REGISTRATION = "registration", _("Dynamic registration")
    DEVICE = "device", _("Device behaviour")
    UPLINK = "uplink", _("Device to cloud")
    SUBSCRIBE = "subscribe", _("Subscription")
    MANAGEMENT = "management", _("Management")


class LogEntry(models.Model):
    """One thing that happened to, or was tried by, a device. Append-only; holds no secret.

    Names are text, not foreign keys: most refusals name things that do not exist, and the log
    outlives what it tells of. `code` is "200" or the platform's (console_api.md 2.2).

    `trace_id` is that of the credential (logs/trace_ids.py) once it is proven, so that one trace
    leads from registration to connection to kick; what proves nothing has its connection's id.
    """

    at = models.DateTimeField()
    trace_id = models.CharField(max_length=16)
    # The connection it happened on, which Session.trace_id names; empty for an operator's act.
    connection_id = models.CharField(max_length=16, blank=True, default="")
    product_key = models.CharField(max_length=64, blank=True)
    device_name = models.CharField(max_length=64, blank=True)
    client_id = models.CharField(max_length=64, blank=True)
    service_type = models.CharField(max_length=16, choices=ServiceType)
    operation = models.CharField(max_length=24)
    code = models.CharField(max_length=8)
    reason = models.CharField(max_length=32)  # a key of logs.reasons.REASONS
    address = models.GenericIPAddressField(null=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # Log Service and Device Details: one DeviceName (few products share one), newest first.
            models.Index(fields=["device_name", "-id"], name="log_by_device"),
            # Log Service of one product, newest first.
            models.Index(fields=["product_key", "-id"], name="log_by_product"),
            # Log Service by the reason of a refusal or of the end of a connection.
            models.Index(fields=["reason", "-id"], condition=~Q(code="200"), name="log_by_reason"),
            # How many were refused today, on Product Details (logs.queries.refusals).
            models.Index(
                fields=["product_key", "at"],
                condition=~Q(code="200") & ~Q(operation="offline"),
                name="log_refused",
            ),
            # Log Service by the types that are rare among the others.
            models.Index(
                fields=["service_type", "-id"],
                condition=~Q(service_type="registration") & ~Q(service_type="device"),
                name="log_by_rare_type",
            ),
            # "Log Service" links of one ClientID.
            models.Index(fields=["client_id", "-id"], name="log_by_client_id"),
            # The story of one credential in its order, page by page.
            models.Index(fields=["trace_id", "id"], name="log_by_story"),
            # Time filters and pruning by age.
            models.Index(fields=["at"], name="log_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.code}"

    @property
    def succeeded(self) -> bool:
        return self.code == "200"


class LogCursor(models.Model):
    """How far one reader of the log has come. It moves in the transaction of what was read.

    `gaps` are ids below `position` that were not there when the reader passed: a transaction that
    was still open, or one that was rolled back. Each is `[first, last, when noticed]`, the time in
    ISO 8601.
    """

    name = models.CharField(max_length=16, primary_key=True)
    position = models.BigIntegerField(default=0)
    gaps = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"


class LogTally(models.Model):
    """How many log entries of one kind an hour has.

    `product_key` is empty for entries that name no product of ours: who sends made-up ProductKeys
    must not make up rows.
    """

    hour = models.DateTimeField()
    product_key = models.CharField(max_length=20, blank=True)
    operation = models.CharField(max_length=24)
    reason = models.CharField(max_length=32)
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            # Counting further; the charts of the Overview, which ask for hours.
            models.UniqueConstraint(
                fields=["hour", "product_key", "operation", "reason"], name="tally_once"
            ),
        ]
        indexes = [
            # What one product's registrations usually are, for the finding of a burst.
            models.Index(fields=["product_key", "operation", "hour"], name="tally_by_product"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h {self.operation} {self.reason}: {self.count}"
