"""One turn of one job: a chunk, in the transaction that also moves the job's position."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from common.ops.error_log import describe
from common.ops.metrics import counter, histogram
from common.web.request_id import traced
from jobs.leases import LostLeaseError, claim, hold, release
from jobs.models import Job, JobState
from jobs.payload import forget_rows
from jobs.registry import KINDS, ChunkResult, JobFailedError, Kind
from products.access import may_change_product

logger = logging.getLogger(__name__)
_jobs = counter("worker_jobs", "Background jobs that ended, by kind and state.", "kind", "state")
_turns = histogram("worker_job_turn_seconds", "How long a turn of a job took.", "kind")

# What says nothing about the job: the same chunk is tried again later.
OUTAGES = (OperationalError, InterfaceError)
# So many rows in a row that nobody expected to fail, and the fault is not in the rows.
GIVE_UP_AFTER = 20

UNKNOWN_KIND = gettext_noop("This release does not support this job.")
NOT_ALLOWED = gettext_noop("The account that started this no longer has permission.")
ROW_FAILED = gettext_noop(
    "Row %(row)s and those before it could not be processed because of an internal error. The "
    "server's log has the details."
)
END_FAILED = gettext_noop(
    "All rows were processed, but finishing failed because of an internal error. The server's "
    "log has the details."
)


def work(owner: UUID, stopping: Callable[[], bool]) -> bool:
    """Give the job that has waited longest one turn; False when no job waits.

    Raises one of OUTAGES when the database cannot be used: the job goes on where it was.
    """
    job = claim(owner, timezone.now())
    if job is None:
        return False
    with traced(f"job-{job.pk}"):
        return _worked(job, stopping)


def _worked(job: Job, stopping: Callable[[], bool]) -> bool:
    try:
        with _turns.labels(job.kind if job.kind in KINDS else "unknown").time():
            _turn(job, stopping)
    except LostLeaseError:
        logger.warning("%s: another worker has it meanwhile", job)
    except OUTAGES:
        # Without a connection this fails too; then the lease ends by itself.
        release(job, timezone.now())
        raise
    return True


def _turn(job: Job, stopping: Callable[[], bool]) -> None:
    kind = KINDS.get(job.kind)
    if kind is None:
        return _end(job, JobState.FAILED, JobFailedError(UNKNOWN_KIND))
    if job.cancel_requested:
        return _end(job, JobState.CANCELLED)
    if not _still_allowed(job):
        return _end(job, JobState.FAILED, JobFailedError(NOT_ALLOWED))
    try:
        if not _exhausted(job):
            _chunk_or_rows(job, kind, stopping)
        if _exhausted(job):
            return _end(job, JobState.DONE)
    except JobFailedError as failure:
        return _end(job, JobState.FAILED, failure)
    return release(job, timezone.now())


def _still_allowed(job: Job) -> bool:
    """Whether whoever asked for the job may do so at this moment."""
    operator = job.operator
    if operator is None:
        return True
    active = operator.is_active and operator.may_change
    return active and (job.product is None or may_change_product(operator, job.product))


def _exhausted(job: Job) -> bool:
    return job.total is not None and job.position >= job.total


def _chunk_or_rows(job: Job, kind: Kind, stopping: Callable[[], bool]) -> None:
    try:
        _advance(job, kind, kind.size)
    except (*OUTAGES, LostLeaseError, JobFailedError):
        raise
    except Exception as error:
        logger.warning("%s: rows from %d one by one (%s)", job, job.position, describe(error))
        _rows(job, kind, stopping)


def _rows(job: Job, kind: Kind, stopping: Callable[[], bool]) -> None:
    """The rows of a failed chunk, each in a transaction of its own."""
    end, unexpected = job.position + kind.size, 0
    while job.position < end and not _exhausted(job) and not stopping():
        try:
            _advance(job, kind, 1)
        except (*OUTAGES, LostLeaseError, JobFailedError):
            raise
        except Exception as error:
            unexpected += 1
            logger.warning("%s: row %d failed (%s)", job, job.position, describe(error))
            if unexpected >= GIVE_UP_AFTER:
                raise JobFailedError(ROW_FAILED, row=job.position + 1) from error
            _skip(job)
        else:
            unexpected = 0


def _advance(job: Job, kind: Kind, size: int) -> None:
    with transaction.atomic():
        row = hold(job, timezone.now())
        moved = _moved(job, kind.chunk(job, job.position, size))
        row.update(**moved)
    _take_over(job, moved)


def _skip(job: Job) -> None:
    """Past a row that fails alone."""
    with transaction.atomic():
        row = hold(job, timezone.now())
        moved = _moved(job, ChunkResult(taken=1, failed=1))
        row.update(**moved)
    _take_over(job, moved)


def _moved(job: Job, outcome: ChunkResult) -> dict[str, Any]:
    """The columns of the job after this outcome. The job itself changes after the commit."""
    if outcome.taken < 1 and not outcome.finished:
        raise ValueError("a chunk that takes nothing would be asked for again for ever")
    position = job.position + outcome.taken
    total = job.total if outcome.total is None else outcome.total
    return {
        "position": position,
        "done": job.done + outcome.done,
        "failed": job.failed + outcome.failed,
        "total": position if outcome.finished else total,
        "result": {**job.result, **outcome.result},
    }


def _take_over(job: Job, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(job, name, value)


def _end(job: Job, state: JobState, failure: JobFailedError | None = None) -> None:
    kind = KINDS.get(job.kind)
    try:
        _write_end(job, kind, state, failure)
    except (*OUTAGES, LostLeaseError):
        raise
    except Exception as error:
        logger.error("%s: its end failed (%s)", job, describe(error))
        _write_end(job, None, JobState.FAILED, failure or JobFailedError(END_FAILED))


def _write_end(
    job: Job, kind: Kind | None, state: JobState, failure: JobFailedError | None
) -> None:
    """`kind` is None when it has no say (any more)."""
    columns: dict[str, Any] = {
        "state": state,
        "finished_at": timezone.now(),
        "error": failure.text if failure else "",
        "error_facts": failure.facts if failure else {},
    }
    with transaction.atomic():
        row = hold(job, timezone.now())
        _take_over(job, columns)
        if kind:
            kind.ended(job)
        row.update(**columns, result=job.result, lease_owner=None, lease_until=None)
        forget_rows(job)
    _jobs.labels(job.kind, state).inc()
