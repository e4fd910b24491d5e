"""What operators did."""

from django.db import models
from django.urls import reverse

from operators.models.account import Operator


class AuditEntry(models.Model):
    """One act of an operator, the shell or the server itself. Append-only; holds no secret."""

    at = models.DateTimeField(auto_now_add=True)
    operator = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=16)  # console, shell, api, system
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

    def get_absolute_url(self) -> str:
        """The audit page with this entry at its top."""
        return f"{reverse('operators:audit')}?upto={self.pk}#audit-{self.pk}"
