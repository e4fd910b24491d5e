"""Durable work in the background: submitted by `operations`, done by `manage.py worker`.

A kind of job is registered in the file `job_kinds.py` of any app:

    def _chunk(job: Job, position: int, size: int) -> ChunkResult:
        names = rows_of(job, position, size)
        ...  # at most `size` rows, through operations
        return ChunkResult(taken=len(names), done=len(names))

    register(Kind("device.paint", _("Paint devices"), _chunk))

What is due again and again is a PeriodicTask in an app's `periodic.py` (common.ops.periodic_tasks).
Rooms above may import `models`, `operations`, `payload`, `progress` and `registry`.
"""
