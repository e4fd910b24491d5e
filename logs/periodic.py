"""Periodic tasks for the log."""

from datetime import datetime

from common.ops.periodic_tasks import PeriodicTask, register
from common.ops.retention import kept_since
from logs.operations.prune import prune_log
from logs.operations.tally import prune_tallies, tally


def prune(now: datetime) -> None:
    """Forget what is older than LOG_RETENTION_DAYS."""
    prune_log(kept_since(now))
    prune_tallies(now)


register(
    PeriodicTask("pruning", 3600, prune),
    PeriodicTask("tallying the log", 5, tally),
)
