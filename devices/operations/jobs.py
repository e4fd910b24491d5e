"""Asking for work in the background, and calling it off."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from devices.jobs.kinds import KINDS
from devices.jobs.parts import write_parts
from devices.models import LIVE, Job
from common.web.errors import ConflictError, NotFoundError
from operators.actor import Actor
from operators.operations import audit
from products.models import Product


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
