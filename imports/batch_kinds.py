"""Batches as background jobs."""

from collections.abc import Callable, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.models import PART_ROWS
from imports.operations import batch_runner, batch_stages
from imports.operations.batch_stages import Step
from jobs.models import Job
from jobs.registry import ChunkResult, Kind, register


def _stepwise(step: Callable[[int, int, int], Step]) -> Callable[[Job, int, int], ChunkResult]:
    def chunk(job: Job, position: int, size: int) -> ChunkResult:
        done = step(_batch_of(job), position, size)
        return ChunkResult(done.taken, done.good, done.bad)

    return chunk


def _undo(job: Job, _position: int, size: int) -> ChunkResult:
    done = batch_stages.undo_rows(_batch_of(job), size)
    return ChunkResult(done.taken, done.good, finished=not done.taken)


def _batch_of(job: Job) -> int:
    key: int = job.params["batch"]
    return key


def _left(job: Job) -> None:
    """The job was cancelled or gave up: nobody works on its batch any more."""
    batch_runner.leave(_batch_of(job))


def _links(job: Job) -> Sequence[tuple[str, str]]:
    key = _batch_of(job)
    return ((_("Batch %(batch)s") % {"batch": key}, reverse("imports:batch", args=[key])),)


register(
    Kind(
        batch_runner.CHECK_JOB,
        gettext_lazy("Check a list of devices"),
        _stepwise(batch_stages.check_rows),
        size=PART_ROWS,
        ended=_left,
        links=_links,
    )
)
register(
    Kind(
        batch_runner.CREATE_JOB,
        gettext_lazy("Add a batch of devices"),
        _stepwise(batch_stages.create_rows),
        size=PART_ROWS,
        ended=_left,
        links=_links,
    )
)
register(
    Kind(
        batch_runner.UNDO_JOB,
        gettext_lazy("Take back a batch of devices"),
        _undo,
        size=PART_ROWS,
        links=_links,
    )
)
