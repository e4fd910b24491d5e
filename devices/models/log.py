"""What happened to devices."""

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

    `trace_id` is that of the credential (devices/traces.py) once it is proven, so that one trace
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
    reason = models.CharField(max_length=32)  # a key of devices.reasons.REASONS
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
            # How many were refused today, on Product Details (devices.logs.refusals).
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
