"""Periodic tasks for jobs."""

from common.ops.periodic_tasks import PeriodicTask, register
from common.ops.retention import kept_since
from jobs.operations import prune_jobs

register(PeriodicTask("pruning jobs", 3600, lambda now: prune_jobs(kept_since(now))))
