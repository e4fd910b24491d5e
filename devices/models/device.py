"""A device and the ClientIDs issued under its DeviceName."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.crypto.encrypted_fields import EncryptedTextField
from devices.credentials import new_device_secret, new_iot_id
from products.models import Product
from protocol.validators import DEVICE_NAME_PATTERN

MAX_CLIENT_IDS = 5


class DeviceState(models.TextChoices):
    """In the platform's words; the numbers of its API stand in protocol.md 5.2."""

    INACTIVE = "inactive", _("Inactive")
    ONLINE = "online", _("Online")
    OFFLINE = "offline", _("Offline")
    DISABLED = "disabled", _("Disabled")


class Device(models.Model):
    # No index of its own: device_by_product begins with it.
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="devices", db_index=False
    )
    device_name = models.CharField(
        max_length=32, validators=[RegexValidator(rf"\A{DEVICE_NAME_PATTERN}\Z")]
    )
    nickname = models.CharField(max_length=64, blank=True)
    # The maker's serial number, of a device that was imported with one; the API's Sn.
    sn = models.CharField(max_length=64, blank=True)
    iot_id = models.CharField(max_length=64, unique=True, default=new_iot_id)
    device_secret = EncryptedTextField(default=new_device_secret)
    # True when an operator added it; False when its first preregistration-free request created it.
    preregistered = models.BooleanField(default=True)
    # The batch it was added with, if any. No index by itself: see Meta.
    batch = models.ForeignKey(
        "imports.DeviceBatch",
        null=True,
        on_delete=models.SET_NULL,
        related_name="devices",
        db_index=False,
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When somebody last changed it: enabled, disabled, reset, cleared, switched, renamed it.
    changed_at = models.DateTimeField(null=True)
    # When it last was handed its DeviceSecret or a ClientID.
    registered_at = models.DateTimeField(null=True)
    # Which of the product's ProductSecrets signed that request.
    secret_version = models.PositiveSmallIntegerField(default=1)
    # The registration window of the product that last counted a delivery of the DeviceSecret.
    counted_in = models.PositiveIntegerField(default=0)
    # First connection ever; what tells Inactive from the other states. Reset leaves it.
    activated_at = models.DateTimeField(null=True)
    # First connection since creation or Reset: from then on the device certificate has its one
    # physical device and pre-registration is refused (rules.md 2).
    claimed_at = models.DateTimeField(null=True)
    # Set by Switch and Clear: the DeviceSecret opens nothing until Reset.
    secret_blocked = models.BooleanField(default=False)
    # Set by Switch (and by Clear when asked): nobody may register under this name until allowed.
    registration_refused = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # One DeviceName per product; the name first, because it also serves the search for
            # names that begin somehow, in one product and in all (common/sql/prefix_lookup.py).
            models.UniqueConstraint(
                fields=["device_name", "product"],
                opclasses=["varchar_pattern_ops", "int8_ops"],
                name="device_name_unique",
            ),
        ]
        indexes = [
            # The list of one product, newest first.
            models.Index(fields=["product", "-id"], name="device_by_product"),
            # The devices of one batch: its page, newest first, and its downloads.
            models.Index(
                fields=["batch", "-id"], condition=Q(batch__isnull=False), name="device_by_batch"
            ),
            # What was registered since a moment: the drill for a leaked ProductSecret, and who
            # still used the old one after a rotation.
            models.Index(
                fields=["product", "registered_at"],
                condition=Q(registered_at__isnull=False),
                name="device_by_registration",
            ),
            # How many were activated today, on Product Details.
            models.Index(
                fields=["product", "activated_at"],
                condition=Q(activated_at__isnull=False),
                name="device_by_activation",
            ),
            # The list of the inactive ones.
            models.Index(
                fields=["product", "-id"],
                condition=Q(activated_at__isnull=True),
                name="device_inactive",
            ),
            # The list of the disabled ones.
            models.Index(
                fields=["product", "-id"], condition=Q(enabled=False), name="device_disabled"
            ),
            # The search for aliases that begin somehow.
            models.Index(
                fields=["nickname"],
                opclasses=["varchar_pattern_ops"],
                condition=~Q(nickname=""),
                name="device_by_nickname",
            ),
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
    SWITCHED = "switched", _("Another ClientID was kept by Switch")
    CLEARED = "cleared", _("Cleared")
    RECLAIMED = "reclaimed", _("Never connected; its slot went to a newer registration")


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
            # Never more than five live bindings: five slots, each held once.
            models.UniqueConstraint(
                fields=["device", "slot"],
                condition=Q(voided_at__isnull=True),
                name="binding_slot_held_once",
            ),
        ]
        indexes = [
            # ClientIDs that never connected, the oldest first.
            models.Index(
                fields=["issued_at"],
                condition=Q(voided_at__isnull=True, first_connected_at__isnull=True),
                name="binding_unclaimed",
            ),
            # Who may have several: of several live slots one is not the first
            # (devices.device_state.several_client_ids).
            models.Index(
                fields=["device", "slot"],
                condition=Q(voided_at__isnull=True, slot__gt=0),
                name="binding_further_slot",
            ),
        ]

    def __str__(self) -> str:
        return self.client_id
