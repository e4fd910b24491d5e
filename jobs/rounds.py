"""Periodic tasks, each done by one worker at a time, however many there are: it holds a lease."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from common.ops.periodic_tasks import PeriodicTask
from jobs.counters import measured
from jobs.leases import claim_round, finish_round


def take_turn(task: PeriodicTask, owner: UUID) -> bool:
    """Do it if it is due and no other worker does; returns whether it was done here."""
    now = timezone.now()
    if task.needed and not task.needed(now):
        return False
    every = timedelta(seconds=task.seconds)
    if not claim_round(task.name, owner, now, every):
        return False
    try:
        with measured(task.name):
            task.run(now)
    finally:
        finish_round(task.name, owner, now + every)
    return True
