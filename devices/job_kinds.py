"""Bulk acts in the background; importing this registers their kinds."""

from devices.bulk_actions import ACTS
from devices.bulk_jobs import kind_of
from jobs.registry import register

for _act in ACTS.values():
    register(kind_of(_act))
