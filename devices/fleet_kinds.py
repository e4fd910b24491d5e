"""Fleet imports as background jobs."""

from collections.abc import Callable, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.models import PART_ROWS
from devices.operations import fleet_steps, fleet_work
from devices.operations.batch_steps import Step
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
    fleet_work.leave(_import_of(job))


def _links(job: Job) -> Sequence[tuple[str, str]]:
    key = _import_of(job)
    title = _("Fleet import %(import)s") % {"import": key}
    return ((title, reverse("devices:fleet_import", args=[key])),)


for _kind, _title, _step in (
    (fleet_work.CHECK_JOB, gettext_lazy("Check a fleet to import"), fleet_steps.check_part),
    (fleet_work.APPLY_JOB, gettext_lazy("Import a fleet"), fleet_steps.apply_part),
):
    register(Kind(_kind, _title, _stepwise(_step), size=PART_ROWS, ended=_left, links=_links))
