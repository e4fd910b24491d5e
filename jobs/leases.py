"""Which worker has which job: claimed by a filtered UPDATE, kept by renewing it in time."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from jobs.models import LIVE, Job, JobState, Round

# A worker that has not renewed its leases for so long is taken for dead.
LEASE = timedelta(seconds=10)
_CANDIDATES = 5
# How far clocks of hosts may be apart. What lies further ahead than it can was written by a clock
# that has been set back since; nobody waits until that time has come again.
SKEW = timedelta(minutes=1)


class LostLeaseError(Exception):
    """Another worker has it meanwhile."""


def claim(owner: UUID, now: datetime) -> Job | None:
    """The job that has waited longest for its turn, or None when there is nothing to do."""
    free = Job.objects.filter(_free(now), state__in=LIVE)
    waiting = free.order_by("turn_at", "pk").values_list("pk", flat=True)
    for key in list(waiting[:_CANDIDATES]):
        won = free.filter(pk=key).update(
            state=JobState.RUNNING,
            started_at=Coalesce(F("started_at"), now),
            heartbeat_at=now,
            lease_owner=owner,
            lease_until=now + LEASE,
        )
        if won:
            return Job.objects.select_related("operator", "product").get(pk=key)
    return None


def hold(job: Job, now: datetime) -> QuerySet[Job]:
    """Lock the claimed job's row until the transaction ends; returns it for the update.

    Raises LostLeaseError when another worker has it, or has moved it on, meanwhile.
    """
    own = Job.objects.filter(
        pk=job.pk,
        lease_owner=job.lease_owner,
        position=job.position,
        state=JobState.RUNNING,
    )
    if not own.update(heartbeat_at=now):
        raise LostLeaseError
    return Job.objects.filter(pk=job.pk)


def release(job: Job, now: datetime) -> None:
    """Let others have the job: it has had its turn."""
    Job.objects.filter(pk=job.pk, lease_owner=job.lease_owner).update(
        lease_owner=None, lease_until=None, turn_at=now
    )


def claim_round(name: str, owner: UUID, now: datetime, every: timedelta) -> bool:
    """Whether this worker is to do what is due now, and is due so often."""
    Round.objects.get_or_create(name=name, defaults={"due_at": now})
    due = Q(due_at__lte=now) | Q(due_at__gt=now + every + SKEW)
    won = Round.objects.filter(_free(now), due, name=name)
    return bool(won.update(lease_owner=owner, lease_until=now + LEASE))


def finish_round(name: str, owner: UUID, due_at: datetime) -> None:
    Round.objects.filter(name=name, lease_owner=owner).update(
        lease_owner=None, lease_until=None, due_at=due_at
    )


def renew(owner: UUID, now: datetime) -> int:
    """Keep what this worker holds; returns how much that is."""
    return sum(
        model.objects.filter(lease_owner=owner).update(lease_until=now + LEASE)
        for model in (Job, Round)
    )


def _free(now: datetime) -> Q:
    impossible = Q(lease_until__gt=now + LEASE + SKEW)
    return Q(lease_until__isnull=True) | Q(lease_until__lt=now) | impossible
