"""Keys for signing API requests"""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.crypto.encrypted_fields import EncryptedTextField
from common.crypto.identifiers import alphanumeric
from operators.actor_labels import KeyLabel
from operators.models.account import Operator

# As long as the platform's own: clients keep them in columns and configuration made for those.
ID_LENGTH = 24
SECRET_LENGTH = 30
LONGEST_NAME = 64
LONGEST_LABEL = LONGEST_NAME + ID_LENGTH + len(" ()")


def new_access_key_id() -> str:
    return alphanumeric(ID_LENGTH)


def new_access_key_secret() -> str:
    """30 alphanumerics, 178 bits."""
    return alphanumeric(SECRET_LENGTH)


class AccessKeyScope(models.TextChoices):
    """Scope of a key; each includes the ones before it."""

    READ_ONLY = "read", _("Read only")
    DEVICES = "devices", _("Devices")
    EVERYTHING = "everything", _("Everything")

    def allows(self, needed: "AccessKeyScope") -> bool:
        """Whether a key of this scope may do what needs `needed`."""
        order = list(AccessKeyScope)
        return order.index(needed) <= order.index(self)


class AccessKey(models.Model):
    """AccessKeyId and AccessKeySecret. The secret keys an HMAC, so it has to be readable.

    A deleted key's row goes; the audit trail goes on naming it by its label. What a key of an
    operator may do never exceeds what that operator may do at that moment; a key without one was
    made in the shell and is good for every product.
    """

    access_key_id = models.CharField(max_length=ID_LENGTH, unique=True, default=new_access_key_id)
    secret = EncryptedTextField(default=new_access_key_secret)
    name = models.CharField(max_length=LONGEST_NAME, unique=True)
    scope = models.CharField(max_length=12, choices=AccessKeyScope)
    enabled = models.BooleanField(default=True)
    # Whose permissions bound it.
    operator = models.ForeignKey(
        Operator, null=True, on_delete=models.PROTECT, related_name="access_keys"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # To the minute.
    last_used_at = models.DateTimeField(null=True)
    last_used_address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<AccessKey {self.access_key_id}>"

    def get_absolute_url(self) -> str:
        """The list: a key has no page of its own."""
        return reverse("operators:access_keys")

    @property
    def target(self) -> str:
        """How the audit trail names this key."""
        return f"access_key/{self.access_key_id}"

    @property
    def label(self) -> str:
        """How trail and log name whoever acts with it."""
        return str(KeyLabel(self.name, self.access_key_id))

    @property
    def usable(self) -> bool:
        """Neither disabled itself nor of an account that is."""
        return self.enabled and (self.operator is None or self.operator.is_active)

    @property
    def reads_only(self) -> bool:
        """Whether it may do less than its scope says: its operator has become a viewer."""
        narrowed = self.operator is not None and not self.operator.may_change
        return narrowed and self.scope != AccessKeyScope.READ_ONLY

    def allows(self, needed: AccessKeyScope) -> bool:
        """By its scope, and by what the role of its operator still permits.

        Which products, is for the caller to ask of `operator` (none: every product).
        """
        scope = AccessKeyScope.READ_ONLY if self.reads_only else AccessKeyScope(self.scope)
        return scope.allows(needed)


class SeenNonce(models.Model):
    """A request's nonce, under its digest: a signature is good once. Forgotten in half an hour."""

    # The constraint's index serves the key as well.
    access_key = models.ForeignKey(
        AccessKey, on_delete=models.CASCADE, related_name="nonces", db_index=False
    )
    digest = models.CharField(max_length=64)
    # What was called with it; empty when the call was turned away.
    action = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # A nonce is good once per key.
            models.UniqueConstraint(fields=["access_key", "digest"], name="nonce_once_per_key"),
        ]
        indexes = [
            # Forgetting the old ones.
            models.Index(fields=["at"], name="nonce_by_age"),
            # How often a key called an action within the last second.
            models.Index(fields=["access_key", "action", "at"], name="nonce_by_action"),
        ]

    def __str__(self) -> str:
        return f"nonce {self.pk}"
