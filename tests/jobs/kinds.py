"""A kind of job for the tests: it writes one log entry per row, and can be made to fail."""

from django.utils import timezone

from common.errors import OperationError
from jobs.models import Job
from jobs.payload import rows_of
from jobs.registry import ChunkResult, JobFailedError, Kind, register
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason

MARK = "tests.mark"


def _chunk(job: Job, position: int, size: int) -> ChunkResult:
    names = rows_of(job, position, size)
    log_writer.write([_event(job, name) for name in names], timezone.now())
    # After the writing, so that only the transaction can undo it.
    if "broken" in names:
        raise KeyError("broken")
    if "refused" in names:
        raise OperationError("refused")
    if "fatal" in names:
        raise JobFailedError("Row %(name)s is fatal.", name="fatal")
    return ChunkResult(taken=len(names), done=len(names), result={"last": names[-1]})


def _event(job: Job, name: str) -> log_writer.Event:
    return log_writer.Event(
        ServiceType.MANAGEMENT, "mark", Reason.OK, trace_id=str(job.pk), device_name=str(name)
    )


def _ended(job: Job) -> None:
    if job.params.get("bad_end"):
        raise KeyError("end")
    log_writer.write(
        [log_writer.Event(ServiceType.MANAGEMENT, "mark_end", Reason.OK, device_name=job.state)],
        timezone.now(),
    )


def install(size: int = 10) -> Kind:
    kind = Kind(MARK, "Mark rows", _chunk, size=size, ended=_ended)
    register(kind)
    return kind
