"""A fleet that is moved in: what was given, and how far it is."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operators.actor import Actor
from operators.actor_labels import shown_name
from operators.models import Operator


class ImportState(models.TextChoices):
    CHECK = "check", _("Checking")
    CHECKED = "checked", _("Checked")
    APPLY = "apply", _("Importing")
    STOPPED = "stopped", _("Stopped")
    DONE = "done", _("Imported")


class FleetImport(models.Model):
    """Products and devices with the credentials they had, checked first and imported then.

    `total` of them are looked at in both stages; `position` says how far the present one is.
    `found` counts what the check made of them, `done` what the import did: numbers by the names of
    imports.fleet.outcomes. Neither holds a secret; the parts do, until the import is done.
    """

    file_names = models.JSONField(default=list)
    notes = models.JSONField(default=list)  # imports.fleet.problems.Note
    rows = models.IntegerField()
    state = models.CharField(max_length=8, choices=ImportState, default=ImportState.CHECK)
    # Whether the check has come to its end: what a stopped import goes on with.
    checked = models.BooleanField(default=False)
    total = models.IntegerField()
    position = models.IntegerField(default=0)
    found = models.JSONField(default=dict)
    done = models.JSONField(default=dict)
    # Devices of which nothing tells whether they were activated: taken for activated.
    assume_activated = models.BooleanField(default=False)
    # Of the products in it, by ProductKey, what the check made of them: devices need them.
    products = models.JSONField(default=dict)
    # Who asked for it, from where: what its background work records in the audit trail.
    operator = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=16)
    address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When a stage last moved on or ended.
    moved_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # Going on with those whose process died, forgetting those nobody wanted.
            models.Index(fields=["state", "moved_at"], name="fleet_import_by_state"),
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("imports:fleet_import", args=[self.pk])

    @property
    def target(self) -> str:
        """How the audit trail names this import."""
        return f"import/{self.pk}"

    @property
    def actor(self) -> Actor:
        """On whose behalf it is worked on."""
        return Actor(self.origin, self.operator, self.address)

    @property
    def who(self) -> str:
        """Name of the account that asked for it, in the reader's language."""
        return shown_name(str(self.actor))

    @property
    def running(self) -> bool:
        return self.state in (ImportState.CHECK, ImportState.APPLY)


class FleetPart(models.Model):
    """Some of the products and devices of an import, in order; see imports.fleet.records.

    `payload` is encrypted, because it holds their secrets, and emptied when the import is done.
    `problems` hold none, and stay for the report.
    """

    fleet_import = models.ForeignKey(FleetImport, on_delete=models.CASCADE, related_name="parts")
    number = models.IntegerField()
    payload = models.BinaryField()
    problems = models.JSONField(default=list)

    class Meta:
        constraints = [
            # The part that a position falls into; the parts of a report in order.
            models.UniqueConstraint(fields=["fleet_import", "number"], name="fleet_part_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of import {self.fleet_import_id}"
