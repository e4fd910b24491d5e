"""Audit trail of what operators did."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from common.text.stored_messages import told
from operators.actor_labels import KeyLabel, kept_name, shown_name
from operators.audit_chain import START, Content
from operators.models.account import Operator


class AuditEntry(models.Model):
    """One act of an operator, the shell or the server itself. Append-only; holds no secret.

    `operators.operations.audit` writes it, and chains it to the entry before.
    """

    number = models.PositiveBigIntegerField(unique=True)  # 1, 2, 3, … without gaps
    at = models.DateTimeField(default=timezone.now)
    operator = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=16)  # console, shell, api, system
    address = models.GenericIPAddressField(null=True)
    act = models.CharField(max_length=48)  # "product.create", "device.switch", …
    target = models.CharField(max_length=128)  # "product/<ProductKey>", "device/<PK>/<DeviceName>"
    summary = models.CharField(max_length=300)  # in English, with %(name)s for each of the facts
    facts = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)

    # The fact that names the access key an act of the API was done with.
    KEY_FACT = "access_key"

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
        return f"{reverse('operators:audit')}?before={self.pk + 1}#audit-{self.pk}"

    @property
    def text(self) -> str:
        """Text of the entry, in the reader's language."""
        # A summary without facts may hold a per cent sign, and the key is none it names.
        facts = {name: fact for name, fact in self.facts.items() if name != self.KEY_FACT}
        return told(self.summary, facts)

    @property
    def access_key(self) -> str:
        """Label of the access key it was done with, or nothing."""
        return str(self.facts.get(self.KEY_FACT, ""))

    @property
    def key(self) -> KeyLabel | None:
        """The same, taken apart."""
        return KeyLabel.read(self.access_key) if self.access_key else None

    @property
    def who(self) -> str:
        """In the reader's language."""
        return shown_name(kept_name(self.origin, self.operator, self.access_key))

    @property
    def content(self) -> Content:
        """Content that the hash covers."""
        return Content(
            number=self.number,
            at=self.at,
            operator_id=self.operator_id,
            origin=self.origin,
            address=self.address,
            act=self.act,
            target=self.target,
            summary=self.summary,
            facts=self.facts,
        )


class AuditHead(models.Model):
    """The end of the chain, in the one row that is locked while entries are appended.

    That it is kept apart shows when entries are cut off the end.
    """

    ONLY = 1

    count = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=START)

    class Meta:
        constraints = [
            # Two heads would be two chains.
            models.CheckConstraint(condition=Q(pk=1), name="audit_one_head"),
        ]

    def __str__(self) -> str:
        return f"{self.count} audit entries"
