"""Lists in the background; importing these modules registers their kinds."""

from imports import batch_kinds, fleet_kinds

__all__ = ["batch_kinds", "fleet_kinds"]
