"""Periodic tasks that find clones and leaks."""

from common.ops.periodic_tasks import PeriodicTask, register
from findings.detect import detect
from findings.resolve import resolve
from findings.scan import survey

register(
    PeriodicTask("looking for clones", 5, detect),
    PeriodicTask("looking for bursts and unused ClientIDs", 60, survey),
    PeriodicTask("resolving findings", 10, resolve),
)
