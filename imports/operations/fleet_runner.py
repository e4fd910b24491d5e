"""Run a fleet import: at once in this process when it is small, otherwise as a job."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from imports.models import FleetImport, ImportState
from imports.operations.batch_stages import Step
from imports.operations.fleet_stages import apply_part, check_part, locked_import
from jobs.models import LIVE, Job
from jobs.operations import submit
from operators.actor import Actor

# Up to so many products and devices are worked off in the request itself.
AT_ONCE = 1000
# Kinds of jobs, see imports.fleet_kinds.
CHECK_JOB, APPLY_JOB = "fleet.check", "fleet.apply"
_JOBS = {ImportState.CHECK: CHECK_JOB, ImportState.APPLY: APPLY_JOB}
# A running import that has not moved for so long, and has no job, was left by a process that died.
ABANDONED = timedelta(seconds=60)
# What was checked, or stopped, and nobody went on with holds secrets: it is not kept for long.
KEPT = timedelta(days=7)
# Somebody adds the very device at this moment: when a part is tried again, it is there.
_TRIES = 3


def begin(actor: Actor, fleet: FleetImport) -> None:
    """Call it in the transaction that gave the import something to do, then `finish_small`."""
    if fleet.total > AT_ONCE:
        _submit(actor, fleet)


def finish_small(fleet: FleetImport) -> FleetImport:
    """Work off what `begin` has left to this process; returns the import as it is now."""
    return fleet if fleet.total > AT_ONCE else work_off(fleet.pk)


def work_off(key: int, told: Callable[[FleetImport], object] = lambda _: None) -> FleetImport:
    """Do in this process, part by part, what the import waits for; `told` hears of every part."""
    while True:
        fleet = FleetImport.objects.select_related("operator").get(pk=key)
        told(fleet)
        if not fleet.running:
            return fleet
        _try(fleet)


def _try(fleet: FleetImport) -> None:
    for tries in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                _next_step(fleet)
        except IntegrityError:
            if tries == _TRIES:
                raise
        else:
            return


def _next_step(fleet: FleetImport) -> Step:
    step = check_part if fleet.state == ImportState.CHECK else apply_part
    return step(fleet.pk, fleet.position)


def leave(key: int) -> None:
    """Its job has ended: what is not done by then stays so, until somebody resumes it."""
    fleet = locked_import(key, ImportState.CHECK, ImportState.APPLY)
    if fleet:
        fleet.state = ImportState.STOPPED
        fleet.save(update_fields=["state"])


def tend_imports(now: datetime) -> None:
    """Go on with imports whose process died, and forget those that nobody went on with."""
    FleetImport.objects.filter(
        state__in=(ImportState.CHECKED, ImportState.STOPPED), moved_at__lt=now - KEPT
    ).delete()
    stuck = FleetImport.objects.filter(
        state__in=(ImportState.CHECK, ImportState.APPLY), moved_at__lt=now - ABANDONED
    )
    for fleet in stuck:
        with transaction.atomic():
            locked = locked_import(fleet.pk, ImportState(fleet.state))
            if locked and not _has_job(locked):
                _submit(locked.actor, locked)


def _has_job(fleet: FleetImport) -> bool:
    kinds = (CHECK_JOB, APPLY_JOB)
    return Job.objects.filter(
        state__in=LIVE, kind__in=kinds, params__fleet_import=fleet.pk
    ).exists()


def _submit(actor: Actor, fleet: FleetImport) -> None:
    kind = _JOBS[ImportState(fleet.state)]
    submit(actor, kind, params={"fleet_import": fleet.pk}, total=fleet.total)
