"""Devices, the ClientIDs issued to them, their sessions, revocations and the log."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from devices.credentials import new_device_secret, new_iot_id
from devices.protocol.params import DEVICE_NAME_PATTERN
from iotconsole.kit.fields import EncryptedTextField
from products.models import Product

MAX_CLIENT_IDS = 5


class DeviceState(models.TextChoices):
    """In the platform's words; the numbers of its API stand in protocol.md 5.2."""

    INACTIVE = "inactive", "Inactive"
    ONLINE = "online", "Online"
    OFFLINE = "offline", "Offline"
    DISABLED = "disabled", "Disabled"


class Device(models.Model):
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="devices")
    device_name = models.CharField(
        max_length=32, validators=[RegexValidator(rf"\A{DEVICE_NAME_PATTERN}\Z")]
    )
    nickname = models.CharField(max_length=64, blank=True)
    iot_id = models.CharField(max_length=64, unique=True, default=new_iot_id)
    device_secret = EncryptedTextField(default=new_device_secret)
    # True when an operator added it; False when its first preregistration-free request created it.
    preregistered = models.BooleanField(default=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When it last was handed its DeviceSecret or a ClientID.
    registered_at = models.DateTimeField(null=True)
    # First connection ever; what tells Inactive from the other states. Reset leaves it.
    activated_at = models.DateTimeField(null=True)
    # First connection since creation or Reset: from then on the device certificate has its one
    # physical device and pre-registration is refused (mission.md).
    claimed_at = models.DateTimeField(null=True)
    # Set by Switch and Clear: the DeviceSecret opens nothing until Reset.
    secret_blocked = models.BooleanField(default=False)
    # Set by Switch (and by Clear when asked): nobody may register under this name until allowed.
    registration_refused = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # One DeviceName per product; also serves every lookup by name and prefix search.
            models.UniqueConstraint(fields=["product", "device_name"], name="device_name_unique"),
        ]
        indexes = [
            # The list of one product, newest first, and its total.
            models.Index(fields=["product", "-id"], name="device_by_product"),
            # Totals and filters by activation.
            models.Index(fields=["product", "activated_at"], name="device_by_activation"),
        ]

    def __str__(self) -> str:
        return self.device_name

    def __repr__(self) -> str:
        return f"<Device {self.pk} {self.device_name}>"

    def get_absolute_url(self) -> str:
        return reverse("devices:details", args=[self.product.product_key, self.device_name])

    @property
    def target(self) -> str:
        """How the audit trail names this device."""
        return f"device/{self.product.product_key}/{self.device_name}"


class VoidReason(models.TextChoices):
    SWITCHED = "switched", "Another ClientID was kept by Switch"
    CLEARED = "cleared", "Cleared"
    RECLAIMED = "reclaimed", "Never connected; its slot went to a newer registration"


class ClientBinding(models.Model):
    """A ClientID and the hash of its DeviceToken: one physical device under a DeviceName."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="bindings")
    client_id = models.CharField(max_length=64, unique=True)
    token_digest = models.CharField(max_length=64)
    slot = models.SmallIntegerField()
    issued_at = models.DateTimeField()
    first_connected_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=12, choices=VoidReason, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(slot__gte=0, slot__lt=MAX_CLIENT_IDS), name="binding_slot_range"
            ),
            # Never more than five live bindings: five slots, each held once. Also serves the
            # banner and the security-compromised list, which look for a second live slot.
            models.UniqueConstraint(
                fields=["device", "slot"],
                condition=Q(voided_at__isnull=True),
                name="binding_slot_held_once",
            ),
        ]

    def __str__(self) -> str:
        return self.client_id


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

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="sessions")
    client_id = models.CharField(max_length=64, blank=True)
    trace_id = models.CharField(max_length=16)
    listener = models.UUIDField()
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
        ]

    def __str__(self) -> str:
        return f"session {self.trace_id}"


class RevocationReason(models.TextChoices):
    SWITCH = "switch", "Another ClientID was kept by Switch"
    CLEAR = "clear", "Cleared"
    DISABLE = "disable", "Disabled"
    DELETE = "delete", "Deleted"
    TAKEOVER = "takeover", "Kicked by the same device"


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


class ServiceType(models.TextChoices):
    REGISTRATION = "registration", "Dynamic registration"
    DEVICE = "device", "Device behaviour"
    UPLINK = "uplink", "Device to cloud"
    SUBSCRIBE = "subscribe", "Subscription"
    MANAGEMENT = "management", "Management"


class LogEntry(models.Model):
    """One thing that happened to, or was tried by, a device. Append-only; holds no secret.

    Names are text, not foreign keys: most refusals name things that do not exist, and the log
    outlives what it tells of. `code` is "200" or the platform's (console_api.md 2.2).
    """

    at = models.DateTimeField()
    trace_id = models.CharField(max_length=16)
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
            # Log Service, filtered by device or product, newest first.
            models.Index(fields=["product_key", "device_name", "-id"], name="log_by_device"),
            # "Log Service" links of one ClientID.
            models.Index(fields=["client_id", "-id"], name="log_by_client_id"),
            # Following one connection.
            models.Index(fields=["trace_id"], name="log_by_trace"),
            # Time filters and pruning by age.
            models.Index(fields=["at"], name="log_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.code}"

    @property
    def succeeded(self) -> bool:
        return self.code == "200"
