"""Periodic tasks for lists of devices."""

from common.ops.periodic_tasks import PeriodicTask, register
from imports.operations.batch_runner import tend_batches
from imports.operations.fleet_runner import tend_imports

register(
    PeriodicTask("batches", 30, tend_batches),
    PeriodicTask("fleet imports", 30, tend_imports),
)
