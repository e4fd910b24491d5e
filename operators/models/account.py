"""Who works in the console."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from operators.digests import mask


class Role(models.TextChoices):
    OPERATOR = "operator", _("Operator")
    VIEWER = "viewer", _("Viewer")


class Operator(AbstractUser):
    """A person who signs in. A viewer reads; an operator changes."""

    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    phone = PhoneNumberField(blank=True)
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    # Both empty: what the browser says.
    language = models.CharField(max_length=8, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)

    @property
    def may_change(self) -> bool:
        return self.role == Role.OPERATOR

    @property
    def target(self) -> str:
        """How the audit trail names this account."""
        # A username may have 150 characters, an audit target 128.
        return f"operator/{self.get_username()}"[:128]

    @property
    def masked_phone(self) -> str:
        """The verified number as `+86 ••• 1234`, or nothing."""
        return mask(self.phone) if self.phone and self.phone_verified_at else ""
