"""What a worker does again and again.

A round is done by one worker at a time, however many there are: each holds a lease on it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from devices.brokers.closing import anything_to_close, close_connections
from devices.findings.detect import detect
from devices.findings.resolve import resolve
from devices.findings.survey import survey
from devices.jobs.leases import claim_round, finish_round
from devices.operations.at_brokers import prune_closings
from devices.operations.batch_work import tend_batches
from devices.operations.count import fold_counts
from devices.operations.fleet_work import tend_imports
from devices.operations.prune import prune_jobs, prune_log
from devices.operations.statistics import refresh_statistics
from devices.operations.tally import prune_tallies, tally
from operators.operations.access_key_use import prune_nonces
from registration.operations.dynamic_registration import close_ended_windows
from registration.operations.rotate_secret import forget_ended_secrets
from registration.worker.meter import measured

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """`act(now)` is called every `seconds`; what it raises is logged, and it is called again."""

    name: str
    seconds: float
    act: Callable[[datetime], object]
    # A cheap look whether there is anything to do: what is looked at often is rarely claimed.
    needed: Callable[[datetime], bool] | None = None


def prune(now: datetime) -> None:
    """Forget what is older than LOG_RETENTION_DAYS."""
    before = now - timedelta(days=settings.LOG_RETENTION_DAYS)
    prune_log(before)
    prune_jobs(before)
    prune_tallies(now)
    prune_closings(now)


ROUNDS: tuple[Round, ...] = (
    Round("pruning", 3600, prune),
    Round("batches", 30, tend_batches),
    Round("fleet imports", 30, tend_imports),
    Round("registration windows", 5, close_ended_windows),
    Round("spent nonces", 60, prune_nonces),
    Round("old ProductSecrets", 60, forget_ended_secrets),
    Round("closing connections at brokers", 0.25, close_connections, anything_to_close),
    Round("tallying the log", 5, tally),
    Round("looking for clones", 5, detect),
    Round("looking for bursts and unused ClientIDs", 60, survey),
    Round("resolving findings", 10, resolve),
    Round("folding counts", 10, fold_counts),
    Round("table statistics", 3600, refresh_statistics),
)


def take_turn(entry: Round, owner: UUID) -> bool:
    """Do it if it is due and no other worker does; returns whether it was done here."""
    now = timezone.now()
    if entry.needed and not entry.needed(now):
        return False
    every = timedelta(seconds=entry.seconds)
    if not claim_round(entry.name, owner, now, every):
        return False
    try:
        with measured(entry.name):
            entry.act(now)
    finally:
        finish_round(entry.name, owner, now + every)
    return True
