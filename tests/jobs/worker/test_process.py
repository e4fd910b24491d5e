"""Real workers: killed, racing, stopped."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from jobs.models import Job, JobState
from jobs.operations import submit
from logs.models import LogEntry
from operators.actor import SHELL
from tests.jobs.kinds import MARK, install
from tests.polling import eventually

# A fraction of a second and two seconds, with patience for a machine busy with other tests.
TAKEN_UP_WITHIN, STOPPED_WITHIN = 5.0, 8.0
Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture(autouse=True)
def mark() -> Iterator[None]:
    from jobs.registry import KINDS

    install()
    yield
    del KINDS[MARK]


@pytest.fixture
def start(process_environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        with (tmp_path / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.jobs.worker.marking"],
                cwd=settings.BASE_DIR,
                env={**process_environment, "DJANGO_SETTINGS_MODULE": "tests.settings"},
                stdout=log,
                stderr=log,
                text=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def submitted(rows: int) -> Job:
    return submit(SHELL, MARK, rows=[f"row-{number:05}" for number in range(rows)])


def has_moved(job: Job, to: int) -> Callable[[], bool]:
    return lambda: Job.objects.get(pk=job.pk).position >= to


def is_done(job: Job) -> Callable[[], bool]:
    return lambda: Job.objects.get(pk=job.pk).state == JobState.DONE


def marked_once(job: Job) -> bool:
    """Whether every row has exactly one log entry."""
    entries = LogEntry.objects.filter(operation="mark", trace_id=str(job.pk))
    names = list(entries.values_list("device_name", flat=True))
    return len(names) == len(set(names)) == Job.objects.get(pk=job.pk).total


def test_a_worker_killed_in_the_middle_is_followed_by_one_that_goes_on(start: Start) -> None:
    job = submitted(3000)
    for position in (100, 300):
        victim = start()
        eventually(has_moved(job, position), seconds=90)
        victim.kill()
        victim.wait()
        assert not is_done(job)()
    start()
    eventually(is_done(job), seconds=90)
    assert marked_once(job)
    assert Job.objects.get(pk=job.pk).done == 3000


def test_two_workers_do_every_row_of_every_job_once(start: Start) -> None:
    jobs = [submitted(400) for _ in range(3)]
    start()
    start()
    for job in jobs:
        eventually(is_done(job), seconds=90)
    assert all(marked_once(job) for job in jobs)
    assert LogEntry.objects.filter(operation="mark_end").count() == 3


def test_a_worker_takes_up_a_new_job_soon_and_stops_in_the_middle_of_one(start: Start) -> None:
    process = start()
    eventually(is_done(submitted(1)), seconds=90)
    job = submitted(1)
    eventually(is_done(job))
    job.refresh_from_db()
    assert job.started_at is not None
    assert (job.started_at - job.created_at).total_seconds() < TAKEN_UP_WITHIN
    long = submitted(100_000)
    eventually(has_moved(long, 5))
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(90) == 0
    assert time.monotonic() - asked < STOPPED_WITHIN
    assert not Job.objects.filter(lease_owner__isnull=False).exists()
    assert not is_done(long)()
