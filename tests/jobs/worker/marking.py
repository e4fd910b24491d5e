"""`manage.py worker` that knows the tests' kind of job and gives up a dead worker soon.

python -m tests.jobs.worker.marking [POSITION]

With a POSITION it hangs in the middle of the transaction that adds the rows of a batch from there.
"""

import dataclasses
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import django
from django.core.management import call_command

if TYPE_CHECKING:
    from jobs.models import Job
    from jobs.registry import ChunkResult


def hang(position: int) -> None:
    from imports.operations.batch_runner import CREATE_JOB
    from jobs.registry import KINDS

    kind = KINDS[CREATE_JOB]

    def chunk(job: "Job", at: int, size: int) -> "ChunkResult":
        result = kind.chunk(job, at, size)
        if at >= position:
            threading.Event().wait()
        return result

    KINDS[CREATE_JOB] = dataclasses.replace(kind, chunk=chunk)


def main() -> None:
    django.setup()
    from jobs import leases, worker
    from tests.jobs.kinds import install

    leases.LEASE = timedelta(seconds=1)
    worker.RENEW_SECONDS = 0.3
    install(size=5)
    for position in sys.argv[1:]:
        hang(int(position))
    call_command("worker")


if __name__ == "__main__":
    main()
