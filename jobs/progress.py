"""A job as its page tells it. Read only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from jobs.models import Job, JobState
from jobs.registry import KINDS, Kind
from operators.models import Operator
from products.access import of_visible_products

# A worker gives each job a turn within a fraction of a second; after so long there is none.
STALLED = timedelta(seconds=15)
_STATE_KINDS = {
    JobState.RUNNING: "look",
    JobState.DONE: "ok",
    JobState.FAILED: "refused",
}


@dataclass(frozen=True, slots=True)
class JobFacts:
    """`percent` is None while the total is not known."""

    job: Job
    title: str | Promise
    state_kind: str
    percent: int | None
    stalled: bool
    error: str
    told: Sequence[str]
    links: Sequence[tuple[str, str]]
    undoable: bool


def job_facts(job: Job, now: datetime) -> JobFacts:
    kind = KINDS.get(job.kind)
    ended = not job.live
    return JobFacts(
        job=job,
        title=kind.title if kind else job.kind,
        state_kind=_STATE_KINDS.get(JobState(job.state), "off"),
        percent=_percent(job),
        stalled=_is_stalled(job, now),
        error=_(job.error) % job.error_facts if job.error else "",
        told=kind.told(job) if kind and ended else (),
        links=kind.links(job) if kind and ended else (),
        undoable=_is_undoable(job, kind),
    )


def jobs_of(operator: Operator) -> QuerySet[Job]:
    """The jobs this operator may look at: the own ones of no product, and those of products that
    are visible now."""
    jobs = Job.objects.select_related("operator", "product").defer(
        "product__product_secret", "params"
    )
    return jobs.filter(operator=operator, product=None) | of_visible_products(jobs, operator)


def _is_undoable(job: Job, kind: Kind | None) -> bool:
    opposite = bool(kind and kind.opposite)
    return opposite and not job.live and job.done > 0 and "undone_by" not in job.result


def _percent(job: Job) -> int | None:
    if job.total is None:
        return None
    return min(100, 100 * job.position // job.total) if job.total else 100


def _is_stalled(job: Job, now: datetime) -> bool:
    last = max(job.turn_at, job.heartbeat_at or job.turn_at)
    return job.live and now - last > STALLED
