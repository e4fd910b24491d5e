"""Run a batch: at once in this process when it is small, otherwise as a background job."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from imports.models import CHECKED, PART_ROWS, RUNNING, BatchMethod, BatchState, DeviceBatch
from imports.operations.batch_stages import (
    Step,
    check_rows,
    create_rows,
    locked_batch,
    undo_rows,
)
from jobs.models import LIVE, Job
from jobs.operations import submit
from operators.actor import Actor

# Up to so many rows are worked off in the request itself: the answer is there at once.
AT_ONCE = 1000
# Kinds of jobs, see devices.job_kinds.
CHECK_JOB, CREATE_JOB, UNDO_JOB = "batch.check", "batch.create", "batch.undo"
_JOBS = {BatchState.CHECK: CHECK_JOB, BatchState.CREATE: CREATE_JOB}
# A running batch that has not moved for so long, and has no job, was left by a process that died.
ABANDONED = timedelta(seconds=60)
# How long a list that was checked, and never added, is kept.
LISTS_KEPT = timedelta(days=14)


def begin(actor: Actor, batch: DeviceBatch) -> None:
    """Call it in the transaction that gave the batch something to do, then `finish_small`."""
    if batch.total > AT_ONCE:
        _submit(actor, batch)


def finish_small(batch: DeviceBatch) -> DeviceBatch:
    """Work off what `begin` has left to this process; returns the batch as it is now."""
    return batch if batch.total > AT_ONCE else work_off(batch.pk)


def work_off(key: int, told: Callable[[DeviceBatch], object] = lambda _: None) -> DeviceBatch:
    """Do in this process, part by part, what the batch waits for; `told` hears before each part."""
    while True:
        batch = DeviceBatch.objects.select_related("product", "operator").get(pk=key)
        told(batch)
        with transaction.atomic():
            if not _next_step(batch):
                return batch


def _next_step(batch: DeviceBatch) -> Step | None:
    if batch.state == BatchState.CHECK:
        return check_rows(batch.pk, batch.position, PART_ROWS)
    if batch.state == BatchState.CREATE:
        return create_rows(batch.pk, batch.position, PART_ROWS)
    return undo_rows(batch.pk, PART_ROWS) if batch.to_undo else None


def leave(key: int) -> None:
    """Its job has ended: what is not done by then stays so, until somebody resumes it.

    What an all-or-nothing batch has to take back becomes a job of its own.
    """
    batch = locked_batch(key, *RUNNING, BatchState.CREATE_FAILED)
    if batch is None:
        return
    if batch.to_undo:
        _submit(batch.actor, batch)
    elif batch.running:
        checking = batch.state == BatchState.CHECK
        batch.state = BatchState.CHECK_FAILED if checking else BatchState.CREATE_FAILED
        batch.stopped = True
        batch.save(update_fields=["state", "stopped"])


def tend_batches(now: datetime) -> None:
    """Go on with batches whose process died, and forget lists that nobody wanted."""
    old = DeviceBatch.objects.filter(moved_at__lt=now - LISTS_KEPT)
    old.filter(state__in=CHECKED).delete()
    stopped = old.filter(method=BatchMethod.IMPORT, state=BatchState.CREATE_FAILED, stopped=True)
    for key in stopped.values_list("pk", flat=True):
        _forget_rest(key)
    stuck = DeviceBatch.objects.filter(
        state__in=(*RUNNING, BatchState.CREATE_FAILED), moved_at__lt=now - ABANDONED
    )
    for batch in stuck.select_related("product", "operator"):
        with transaction.atomic():
            locked = locked_batch(batch.pk, BatchState(batch.state))
            if locked and (locked.running or locked.to_undo) and not _has_job(locked):
                _submit(locked.actor, locked)


@transaction.atomic
def _forget_rest(key: int) -> None:
    """Forget the rest of an import that nobody resumes: it holds DeviceSecrets."""
    batch = locked_batch(key, BatchState.CREATE_FAILED)
    if batch is None or not batch.stopped:
        return
    if not batch.added:
        batch.delete()
        return
    batch.parts.all().delete()
    batch.total, batch.bad = batch.added, 0
    batch.state, batch.stopped = BatchState.CREATE_SUCCESS, False
    batch.save(update_fields=["total", "bad", "state", "stopped"])


def _has_job(batch: DeviceBatch) -> bool:
    kinds = (CHECK_JOB, CREATE_JOB, UNDO_JOB)
    return Job.objects.filter(state__in=LIVE, kind__in=kinds, params__batch=batch.pk).exists()


def _submit(actor: Actor, batch: DeviceBatch) -> None:
    kind = _JOBS.get(BatchState(batch.state), UNDO_JOB)
    total = batch.added if kind == UNDO_JOB else batch.total
    submit(actor, kind, product=batch.product, params={"batch": batch.pk}, total=total)
