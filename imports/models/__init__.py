"""Lists of devices that are added, and fleets that are moved in."""

from imports.models.batch import (
    CHECKED,
    PART_ROWS,
    RUNNING,
    BatchMethod,
    BatchPart,
    BatchState,
    DeviceBatch,
)
from imports.models.fleet import FleetImport, FleetPart, ImportState

__all__ = [
    "CHECKED",
    "PART_ROWS",
    "RUNNING",
    "BatchMethod",
    "BatchPart",
    "BatchState",
    "DeviceBatch",
    "FleetImport",
    "FleetPart",
    "ImportState",
]
