"""Periodic tasks for devices."""

from common.ops.periodic_tasks import PeriodicTask, register
from devices.operations.analyze import refresh_statistics
from devices.operations.broker_disconnects import prune_closings
from devices.operations.fold_counts import fold_counts

register(
    PeriodicTask("pruning closings at brokers", 3600, prune_closings),
    PeriodicTask("folding counts", 10, fold_counts),
    PeriodicTask("table statistics", 3600, refresh_statistics),
)
