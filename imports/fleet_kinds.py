"""Fleet imports as background jobs."""

from collections.abc import Callable, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.models import PART_ROWS
from imports.operations import fleet_runner, fleet_stages
from imports.operations.batch_stages import Step
from jobs.models import Job
from jobs.registry import ChunkResult, Kind, register


def _stepwise(step: Callable[[int, int], Step]) -> Callable[[Job, int, int], ChunkResult]:
    def chunk(job: Job, position: int, _size: int) -> ChunkResult:
        done = step(_import_of(job), position)
        return ChunkResult(done.taken, done.good, done.bad)

    return chunk


def _import_of(job: Job) -> int:
    key: int = job.params["fleet_import"]
    return key


def _left(job: Job) -> None:
    """The job was cancelled or gave up: nobody works on its import any more."""
    fleet_runner.leave(_import_of(job))


def _links(job: Job) -> Sequence[tuple[str, str]]:
    key = _import_of(job)
    title = _("Fleet import %(import)s") % {"import": key}
    return ((title, reverse("imports:fleet_import", args=[key])),)


for _kind, _title, _step in (
    (fleet_runner.CHECK_JOB, gettext_lazy("Check a fleet to import"), fleet_stages.check_part),
    (fleet_runner.APPLY_JOB, gettext_lazy("Import a fleet"), fleet_stages.apply_part),
):
    register(Kind(_kind, _title, _stepwise(_step), size=PART_ROWS, ended=_left, links=_links))
