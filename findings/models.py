"""Findings: signs of clones and of leaked secrets, with their evidence."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from devices.models.device import Device
from operators.models import Operator
from products.models import Product


class FindingKind(models.TextChoices):
    SHARED = "shared", _("Shared credential")
    FLAPPING = "flapping", _("Takeover flapping")
    CLIENT_IDS = "client_ids", _("Multiple ClientIDs")
    BURST = "burst", _("Registration burst")
    BUDGET = "budget", _("Budget nearly used up")
    UNUSED = "unused", _("ClientID never connected")


class FindingState(models.TextChoices):
    OPEN = "open", _("Open")
    DISMISSED = "dismissed", _("Dismissed")
    RESOLVED = "resolved", _("Resolved")


class Finding(models.Model):
    """One object with one sign. While it is not resolved there is no second one of its kind.

    `evidence` is `{"parties": [...], "facts": {name: number or text}, "marks": [...]}`, see
    findings.evidence; it holds no secret. `marks` name what was seen: a dismissed finding
    opens again only when a mark is new. `device_name` outlives the device; it is empty for a
    finding about the whole product. `closed_by` is empty when it resolved by itself.
    """

    kind = models.CharField(max_length=12, choices=FindingKind)
    state = models.CharField(max_length=10, choices=FindingState, default=FindingState.OPEN)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="findings")
    device = models.ForeignKey(
        Device, null=True, on_delete=models.SET_NULL, related_name="findings"
    )
    device_name = models.CharField(max_length=32, blank=True)
    client_id = models.CharField(max_length=64, blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    evidence = models.JSONField(default=dict)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Operator, null=True, on_delete=models.SET_NULL, related_name="+")
    # Why an operator dismissed it, in the operator's words.
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # One finding per sign and object, until it is resolved.
            models.UniqueConstraint(
                fields=["kind", "product", "device_name", "client_id"],
                condition=~Q(state="resolved"),
                name="finding_once",
            ),
        ]
        indexes = [
            # The list, filtered by state, newest first; the number of open ones.
            models.Index(fields=["state", "-id"], name="finding_by_state"),
            # The list of one product.
            models.Index(fields=["product", "state", "-id"], name="finding_by_product"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.device_name or self.product_id}"

    def get_absolute_url(self) -> str:
        return reverse("findings:details", args=[self.pk])

    @property
    def target(self) -> str:
        """How the audit trail names it."""
        return f"finding/{self.pk}"

    @property
    def open(self) -> bool:
        return self.state == FindingState.OPEN
