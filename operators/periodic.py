"""Periodic tasks for accounts and access keys."""

from common.ops.periodic_tasks import PeriodicTask, register
from operators.operations.access_key_use import prune_nonces

register(PeriodicTask("spent nonces", 60, prune_nonces))
