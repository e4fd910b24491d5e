"""Durable background jobs: submitted by devices.operations.jobs, worked on by `manage.py worker`.

A kind is registered in the file `job_kinds.py` of any app:

    def _chunk(job: Job, position: int, size: int) -> ChunkResult:
        names = rows_of(job, position, size)
        ...  # at most `size` rows, through operations
        return ChunkResult(taken=len(names), done=len(names))

    register(Kind("device.paint", _("Paint devices"), _chunk))
"""

from devices.jobs.kinds import KINDS, ChunkResult, JobFailedError, Kind, register
from devices.jobs.parts import keep_changed, rows_of

__all__ = ["KINDS", "ChunkResult", "JobFailedError", "Kind", "keep_changed", "register", "rows_of"]
