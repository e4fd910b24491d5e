"""What a worker does again and again for devices, their log and lists."""

from datetime import datetime

from common.ops.periodic_tasks import PeriodicTask, register
from common.ops.retention import kept_since
from devices.operations.batch_work import tend_batches
from devices.operations.broker_disconnects import prune_closings
from devices.operations.count import fold_counts
from devices.operations.fleet_work import tend_imports
from devices.operations.prune import prune_log
from devices.operations.statistics import refresh_statistics
from devices.operations.tally import prune_tallies, tally


def prune(now: datetime) -> None:
    """Forget what is older than LOG_RETENTION_DAYS."""
    prune_log(kept_since(now))
    prune_tallies(now)
    prune_closings(now)


register(
    PeriodicTask("pruning", 3600, prune),
    PeriodicTask("batches", 30, tend_batches),
    PeriodicTask("fleet imports", 30, tend_imports),
    PeriodicTask("tallying the log", 5, tally),
    PeriodicTask("folding counts", 10, fold_counts),
    PeriodicTask("table statistics", 3600, refresh_statistics),
)
