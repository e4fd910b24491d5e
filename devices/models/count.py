"""How many devices there are, kept so that nobody has to count a million of them."""

from django.db import models
from django.db.models import Q

from products.models import Product


class DeviceCount(models.Model):
    """Devices of a product, and how many of them are activated: the sum over its rows.

    The database keeps it by triggers on the devices' table (devices/count_triggers.py), so that it
    is exact in every transaction, whoever wrote what. On PostgreSQL a trigger appends a row,
    because writers that changed one row would wait for each other; a round of the worker folds
    these rows into one. On SQLite, with one writer at a time, the folded row is changed at once.
    """

    # No constraint: what is appended must not wait for who changes the product.
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="device_counts", db_constraint=False
    )
    total = models.BigIntegerField()
    activated = models.BigIntegerField()
    folded = models.BooleanField()

    class Meta:
        constraints = [
            # The row that the others are folded into.
            models.UniqueConstraint(
                fields=["product"], condition=Q(folded=True), name="device_count_folded_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total} devices, {self.activated} activated"
