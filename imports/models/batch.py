"""Devices added together, and the list they were read from."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from operators.actor import Actor
from operators.actor_labels import shown_name
from operators.models import Operator
from operators.models.access_key import LONGEST_LABEL
from products.models import Product

# Rows are stored, checked and added this many at a time: the transaction of one part is over
# before a device that wants to write would notice.
PART_ROWS = 500


class BatchState(models.TextChoices):
    """Values as in the platform's QueryBatchRegisterDeviceStatus (console_api.md 3.6)."""

    CHECK = "CHECK", _("Checking")
    CHECK_SUCCESS = "CHECK_SUCCESS", _("Ready to add")
    CHECK_FAILED = "CHECK_FAILED", _("Rows to fix")
    CREATE = "CREATE", _("Adding")
    CREATE_SUCCESS = "CREATE_SUCCESS", _("Added")
    CREATE_FAILED = "CREATE_FAILED", _("Failed")


class BatchMethod(models.TextChoices):
    AUTO = "auto", _("Auto Generate")
    UPLOAD = "upload", _("Batch Upload")
    # With the DeviceSecrets they have; not from the console.
    IMPORT = "import", _("Import by API")


RUNNING = (BatchState.CHECK, BatchState.CREATE)
CHECKED = (BatchState.CHECK_SUCCESS, BatchState.CHECK_FAILED)


class DeviceBatch(models.Model):
    """Its key is the ApplyId of the platform's API.

    `total` rows are first all checked, then all added; `position` says how many of them the
    present stage has looked at, `bad` how many cannot be added, `added` how many were.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="batches")
    method = models.CharField(max_length=8, choices=BatchMethod)
    state = models.CharField(max_length=16, choices=BatchState, default=BatchState.CHECK)
    prefix = models.CharField(max_length=20, blank=True)
    file_name = models.CharField(max_length=100, blank=True)
    # Names of the cells that no rule is about, for the report; see imports.batches.rows.Row.
    columns = models.JSONField(default=list)
    notes = models.JSONField(default=list)  # key and facts of imports.batches.problems.NOTES
    total = models.IntegerField()
    position = models.IntegerField(default=0)
    bad = models.IntegerField(default=0)
    added = models.IntegerField(default=0)
    # If any row turns out bad while adding, what was added is taken back.
    all_or_nothing = models.BooleanField(default=False)
    stopped = models.BooleanField(default=False)  # by an operator
    # Who asked for it, from where: what its background work records in the audit trail.
    operator = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=16)
    address = models.GenericIPAddressField(null=True)
    access_key = models.CharField(max_length=LONGEST_LABEL, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # When a stage last moved on or ended.
    moved_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # Batch Management of one product, newest first.
            models.Index(fields=["product", "-id"], name="batch_by_product"),
            # Forgetting lists that were checked and never added.
            models.Index(fields=["state", "moved_at"], name="batch_by_state"),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("imports:batch", args=[self.pk])

    @property
    def target(self) -> str:
        """How the audit trail names this batch."""
        return f"batch/{self.product.product_key}/{self.pk}"

    @property
    def actor(self) -> Actor:
        """On whose behalf it is worked on."""
        return Actor(self.origin, self.operator, self.address, self.access_key)

    @property
    def who(self) -> str:
        """Name of the account that asked for it, in the reader's language."""
        return shown_name(str(self.actor))

    @property
    def running(self) -> bool:
        return self.state in RUNNING

    @property
    def to_undo(self) -> bool:
        """Whether devices are there that all-or-nothing has to take back."""
        failed = self.state == BatchState.CREATE_FAILED and not self.stopped
        return failed and self.all_or_nothing and self.added > 0

    @property
    def checked(self) -> bool:
        """Waits for somebody to say that its rows are to be added."""
        return self.state in CHECKED

    @property
    def good(self) -> int:
        return self.total - self.bad


class BatchPart(models.Model):
    """PART_ROWS rows of an uploaded list, the last part fewer; see imports.batches.rows.pack.

    Durable in the database, so that any worker on any host can go on. DeviceSecrets are in it only
    with BatchMethod.IMPORT, encrypted, until the devices are added.
    """

    batch = models.ForeignKey(DeviceBatch, on_delete=models.CASCADE, related_name="parts")
    number = models.IntegerField()
    bad = models.IntegerField(default=0)
    payload = models.BinaryField()

    class Meta:
        constraints = [
            # The part that a position falls into; the parts of a report in order.
            models.UniqueConstraint(fields=["batch", "number"], name="batch_part_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of batch {self.batch_id}"
