"""Submit, undo, cancel and forget background jobs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.errors import ConflictError, NotFoundError
from jobs.models import LIVE, Job
from jobs.payload import write_parts
from jobs.registry import KINDS
from operators.actor import Actor
from operators.operations import audit
from products.models import Product

# So that devices never wait long for the write lock of SQLite.
_PRUNED_AT_ONCE = 2000


def submit(
    actor: Actor,
    kind: str,
    *,
    product: Product | None = None,
    params: Mapping[str, Any] | None = None,
    total: int | None = None,
    rows: Iterable[Any] | None = None,
) -> Job:
    """Queue a job of one of KINDS; a worker takes it up within a fraction of a second.

    `rows` are what its chunks read with `rows_of`; they are counted, so `total` is not needed.
    """
    with transaction.atomic():
        now = timezone.now()
        job = Job.objects.create(
            kind=KINDS[kind].key,
            operator=actor.operator,
            origin=actor.origin,
            address=actor.address,
            access_key=actor.access_key,
            product=product,
            params=dict(params or {}),
            total=total,
            created_at=now,
            turn_at=now,
        )
        if rows is not None:
            job.total = write_parts(job, rows)
            job.save(update_fields=["total"])
        audit.record(actor, "job.start", job.target, gettext_noop("Started a background job"))
    return job


def undo(actor: Actor, job: Job, rows: Iterable[Any]) -> Job:
    """Do the opposite to `rows`, which `job` has changed; once.

    Raises ConflictError when that was done, or cannot be.
    """
    kind = KINDS.get(job.kind)
    with transaction.atomic():
        locked = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
        if kind is None or not kind.opposite or locked.live or "undone_by" in locked.result:
            raise ConflictError(_("This cannot be undone, or was already undone."))
        opposite = submit(actor, kind.opposite, product=job.product, rows=rows)
        locked.result["undone_by"] = opposite.pk
        locked.save(update_fields=["result"])
    return opposite


def cancel(actor: Actor, key: int) -> Job:
    """Ask the worker to stop before the next chunk. What is done stays done.

    Raises NotFoundError, or ConflictError when the job has ended.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(of=("self",)).filter(pk=key).first()
        if job is None:
            raise NotFoundError(_("This job does not exist or was deleted."))
        if job.state not in LIVE:
            raise ConflictError(_("This job has already ended."))
        if not job.cancel_requested:
            job.cancel_requested = True
            job.save(update_fields=["cancel_requested"])
            audit.record(actor, "job.cancel", job.target, gettext_noop("Cancelled"))
    return job


def prune_jobs(before: datetime) -> int:
    """Forget jobs that ended before then; returns how many."""
    old = Job.objects.filter(finished_at__lt=before).values_list("pk", flat=True)
    keys = list(old[:_PRUNED_AT_ONCE])
    Job.objects.filter(pk__in=keys).delete()
    return len(keys)
