"""How often what happened, hour by hour: what the log says in numbers, kept when it is pruned."""

from django.db import models


class LogCursor(models.Model):
    """How far one reader of the log has come. It moves in the transaction of what was read.

    `gaps` are ids below `position` that were not there when the reader passed: a transaction that
    was still open, or one that was rolled back. Each is `[first, last, when noticed]`, the time in
    ISO 8601.
    """

    name = models.CharField(max_length=16, primary_key=True)
    position = models.BigIntegerField(default=0)
    gaps = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"


class LogTally(models.Model):
    """How many log entries of one kind an hour has.

    `product_key` is empty for entries that name no product of ours: who sends made-up ProductKeys
    must not make up rows.
    """

    hour = models.DateTimeField()
    product_key = models.CharField(max_length=20, blank=True)
    operation = models.CharField(max_length=24)
    reason = models.CharField(max_length=32)
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            # Counting further; the charts of the Overview, which ask for hours.
            models.UniqueConstraint(
                fields=["hour", "product_key", "operation", "reason"], name="tally_once"
            ),
        ]
        indexes = [
            # What one product's registrations usually are, for the finding of a burst.
            models.Index(fields=["product_key", "operation", "hour"], name="tally_by_product"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}h {self.operation} {self.reason}: {self.count}"
