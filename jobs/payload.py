"""The rows a job works through, kept beside it, so that what was confirmed is what is done."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from jobs.models import Job, JobPart

PART = 1000
# Parts with this number and lower ones hold what was changed, chunk by chunk.
_CHANGED = -1


def write_parts(job: Job, rows: Iterable[Any]) -> int:
    """Keep `rows`, each plain JSON, in order; returns how many."""
    count = 0
    parts = []
    for number, part in enumerate(_parts(rows)):
        count += len(part)
        parts.append(JobPart(job=job, number=number, rows=part))
    JobPart.objects.bulk_create(parts, batch_size=100)
    return count


def rows_of(job: Job, position: int, size: int) -> list[Any]:
    """At most `size` of the rows given at submission, from `position` on; fewer at the end."""
    first, last = position // PART, (position + size - 1) // PART
    found = JobPart.objects.filter(job=job, number__range=(first, last)).order_by("number")
    rows = [row for part in found for row in part.rows]
    start = position - first * PART
    return rows[start : start + size]


def keep_changed(job: Job, position: int, rows: list[Any]) -> None:
    """Note what the chunk at `position` has changed: what would have to be undone."""
    if rows:
        JobPart.objects.create(job=job, number=_CHANGED - position, rows=rows)


def changed_by(job: Job) -> Iterator[Any]:
    """Everything noted by `keep_changed`, in the order it was done."""
    noted = JobPart.objects.filter(job=job, number__lte=_CHANGED).order_by("-number")
    for part in noted.iterator(chunk_size=10):
        yield from part.rows


def forget_rows(job: Job) -> None:
    """The job has ended: what it was to do is not needed any more, what it has changed may be."""
    JobPart.objects.filter(job=job, number__gt=_CHANGED).delete()


def _parts(rows: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while part := list(islice(remaining, PART)):
        yield part
