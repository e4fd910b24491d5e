"""Who works in the console, and what they did."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from phonenumber_field.modelfields import PhoneNumberField


class Role(models.TextChoices):
    OPERATOR = "operator", "Operator"
    VIEWER = "viewer", "Viewer"


class Operator(AbstractUser):
    """A person who signs in. A viewer reads; an operator changes."""

    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    phone = PhoneNumberField(blank=True)
    phone_verified_at = models.DateTimeField(null=True, blank=True)

    @property
    def may_change(self) -> bool:
        return self.role == Role.OPERATOR


class AuditEntry(models.Model):
    """One act of one operator (or of the shell). Append-only; holds no secret, password or code."""

    at = models.DateTimeField(auto_now_add=True)
    operator = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=16)  # console, shell, api
    address = models.GenericIPAddressField(null=True)
    act = models.CharField(max_length=48)  # "product.create", "device.switch", …
    target = models.CharField(max_length=128)  # "product/<ProductKey>", "device/<PK>/<DeviceName>"
    summary = models.CharField(max_length=300)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # The trail of one object, newest first.
            models.Index(fields=["target", "-id"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.target}"
