"""What devices can have done in the background; importing a module registers its kinds."""

from devices import batch_kinds, fleet_kinds
from devices.bulk import ACTS
from devices.bulk_jobs import kind_of
from jobs.registry import register

__all__ = ["batch_kinds", "fleet_kinds"]

for _act in ACTS.values():
    register(kind_of(_act))
