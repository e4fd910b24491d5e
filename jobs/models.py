"""Work done in the background, and what a worker does again and again."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operators.actor import Actor
from operators.actor_labels import shown_name
from operators.models import Operator
from operators.models.access_key import LONGEST_LABEL
from products.models import Product


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


LIVE = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """Something that takes longer than a request, done chunk by chunk by a worker.

    `position` rows have been looked at; it moves in the transaction of the chunk that moved it.
    Of those, `done` did what was asked and `failed` did not. `total` is null until it is known.
    `params` and `result` are the kind's own; neither holds a secret. Whoever refers to a job does
    so with SET_NULL: ended ones are forgotten in time.
    """

    kind = models.CharField(max_length=48)  # a key of jobs.KINDS
    # Who asked, from where: what the kind's operations record in the audit trail.
    operator = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=16)
    address = models.GenericIPAddressField(null=True)
    access_key = models.CharField(max_length=LONGEST_LABEL, blank=True)
    product = models.ForeignKey(Product, null=True, on_delete=models.SET_NULL, related_name="+")
    params = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=JobState, default=JobState.QUEUED)
    position = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    done = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    # Why it failed: an English msgid and its parameters, translated when shown.
    error = models.CharField(max_length=300, blank=True)
    error_facts = models.JSONField(default=dict)
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # When a worker last took it or moved it on.
    heartbeat_at = models.DateTimeField(null=True)
    # Jobs take turns: the one that has waited longest is next.
    turn_at = models.DateTimeField()
    # The worker that has it, and until when others leave it alone.
    lease_owner = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            # What a worker looks for five times a second: the live job that has waited longest.
            models.Index(fields=["turn_at"], condition=Q(state__in=LIVE), name="job_waiting"),
            # Renewing what a worker holds.
            models.Index(
                fields=["lease_owner"], condition=Q(lease_owner__isnull=False), name="job_leased"
            ),
            # Forgetting ended jobs by age.
            models.Index(
                fields=["finished_at"], condition=Q(finished_at__isnull=False), name="job_by_end"
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.pk} {self.kind}"

    def get_absolute_url(self) -> str:
        return reverse("jobs:details", args=[self.pk])

    @property
    def target(self) -> str:
        """How the audit trail names this job."""
        return f"job/{self.pk}"

    @property
    def actor(self) -> Actor:
        """On whose behalf it works."""
        return Actor(self.origin, self.operator, self.address, self.access_key)

    @property
    def who(self) -> str:
        """Name of the account that asked for it, in the reader's language."""
        return shown_name(str(self.actor))

    @property
    def live(self) -> bool:
        return self.state in LIVE


class JobPart(models.Model):
    """Some of the rows a job works through, in order; see jobs.payload."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="parts")
    number = models.BigIntegerField()
    rows = models.JSONField()

    class Meta:
        constraints = [
            # The rows at a position.
            models.UniqueConstraint(fields=["job", "number"], name="job_part_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of job {self.job_id}"


class Round(models.Model):
    """When a periodic task is due again, and which worker has it; one row per task."""

    name = models.CharField(max_length=48, primary_key=True)
    due_at = models.DateTimeField()
    lease_owner = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Renewing what a worker holds.
            models.Index(
                fields=["lease_owner"], condition=Q(lease_owner__isnull=False), name="round_leased"
            ),
        ]

    def __str__(self) -> str:
        return self.name
