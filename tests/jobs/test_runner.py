"""The stages of a job, chunk by chunk."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from common.errors import ConflictError, NotFoundError
from jobs.leases import LEASE, LostLeaseError, claim, hold
from jobs.models import Job, JobPart, JobState
from jobs.operations import cancel, submit
from jobs.registry import KINDS, ChunkResult, Kind
from jobs.runner import GIVE_UP_AFTER, work
from logs.models import LogEntry
from operators.actor import SHELL
from tests.jobs.kinds import MARK

# Transactions that roll back must not be the test's own.
pytestmark = pytest.mark.django_db(transaction=True)
ME, OTHER = uuid4(), uuid4()


def marking(*names: str, params: Mapping[str, Any] | None = None) -> Job:
    return submit(SHELL, MARK, rows=names, params=params)


def turn(owner: object = ME) -> bool:
    return work(owner, lambda: False)  # type: ignore[arg-type]


def worked_off(job: Job) -> Job:
    while turn():
        pass
    job.refresh_from_db()
    return job


def marked() -> list[str]:
    entries = LogEntry.objects.filter(operation="mark").order_by("pk")
    return list(entries.values_list("device_name", flat=True))


def names(count: int) -> list[str]:
    return [f"row-{number:04}" for number in range(count)]


def test_a_job_handles_every_row_once_in_chunks_and_keeps_the_counts() -> None:
    job = marking(*names(25))
    turn()
    job.refresh_from_db()
    assert (job.state, job.position, job.done) == (JobState.RUNNING, 10, 10)
    worked_off(job)
    assert (job.state, job.done, job.failed, job.total) == (JobState.DONE, 25, 0, 25)
    assert job.result == {"last": "row-0024"}
    assert marked() == names(25)
    assert job.started_at is not None
    assert job.finished_at is not None
    assert not JobPart.objects.exists()


def test_a_job_without_rows_is_done_at_once() -> None:
    assert worked_off(marking()).state == JobState.DONE


def test_rows_are_found_across_the_parts_they_are_kept_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.payload.PART", 7)
    worked_off(marking(*names(25)))
    assert marked() == names(25)


@pytest.mark.parametrize("bad", ["broken", "refused"])
def test_a_failing_row_fails_alone_and_the_others_are_handled(bad: str) -> None:
    rows = names(25)
    rows[13] = bad
    job = worked_off(marking(*rows))
    assert (job.state, job.done, job.failed) == (JobState.DONE, 24, 1)
    assert marked() == [name for name in rows if name != bad]


def test_when_row_after_row_fails_the_job_fails_with_words(mark: Kind) -> None:
    KINDS[MARK] = replace(mark, size=50)
    job = worked_off(marking(*["broken"] * 100))
    assert job.state == JobState.FAILED
    assert "internal error" in job.error
    assert job.error_facts == {"row": GIVE_UP_AFTER}
    assert marked() == []


def test_a_kind_can_end_its_job_with_words_of_its_own() -> None:
    job = worked_off(marking(*names(12), "fatal"))
    assert (job.state, job.error % job.error_facts) == (JobState.FAILED, "Row fatal is fatal.")
    assert marked() == names(10)


def test_a_kind_this_release_does_not_know_fails_with_words(mark: Kind) -> None:
    job = marking(*names(3))
    Job.objects.update(kind="tests.forgotten")
    assert "does not support" in worked_off(job).error


def test_a_chunk_that_takes_nothing_does_not_run_for_ever(mark: Kind) -> None:
    KINDS[MARK] = replace(mark, chunk=lambda *_: ChunkResult(taken=0), size=50)
    assert worked_off(marking(*names(60))).state == JobState.FAILED


def test_a_chunk_may_end_a_job_whose_total_nobody_knew(mark: Kind) -> None:
    KINDS[MARK] = replace(mark, chunk=lambda *_: ChunkResult(taken=3, done=3, finished=True))
    job = worked_off(submit(SHELL, MARK))
    assert (job.state, job.total, job.done) == (JobState.DONE, 3, 3)


def test_an_outage_leaves_the_job_where_it_was(mark: Kind) -> None:
    def away(*_: object) -> ChunkResult:
        raise OperationalError("away")

    KINDS[MARK] = replace(mark, chunk=away)
    job = marking(*names(3))
    with pytest.raises(OperationalError):
        turn()
    KINDS[MARK] = mark
    assert worked_off(job).done == 3


def test_a_long_job_does_not_keep_a_short_one_waiting() -> None:
    long = marking(*names(100))
    turn()
    short = marking("short")
    turn()
    turn()
    short.refresh_from_db()
    long.refresh_from_db()
    assert (short.state, long.state) == (JobState.DONE, JobState.RUNNING)


def test_a_cancelled_job_stops_before_its_next_chunk() -> None:
    job = marking(*names(25))
    turn()
    cancel(SHELL, job.pk)
    worked_off(job)
    assert (job.state, job.done) == (JobState.CANCELLED, 10)
    assert marked() == names(10)
    with pytest.raises(ConflictError):
        cancel(SHELL, job.pk)


def test_what_does_not_exist_cannot_be_cancelled() -> None:
    with pytest.raises(NotFoundError):
        cancel(SHELL, 4711)


@pytest.mark.parametrize(
    ("rows", "state"), [(["row"], JobState.DONE), (["fatal"], JobState.FAILED)]
)
def test_the_kind_hears_of_the_end_whatever_it_is(rows: list[str], state: JobState) -> None:
    worked_off(marking(*rows))
    assert LogEntry.objects.get(operation="mark_end").device_name == state


def test_an_end_that_fails_fails_the_job() -> None:
    job = worked_off(marking("row", params={"bad_end": True}))
    assert (job.state, job.done) == (JobState.FAILED, 1)
    assert "finishing failed" in job.error


def test_a_claimed_job_is_left_alone_until_its_lease_ends() -> None:
    marking(*names(3))
    now = timezone.now()
    assert claim(ME, now) is not None
    assert claim(OTHER, now) is None
    assert claim(OTHER, now + LEASE + timedelta(seconds=1)) is not None


def test_who_lost_the_lease_changes_nothing() -> None:
    marking(*names(3))
    now = timezone.now()
    mine = claim(ME, now)
    assert mine is not None
    claim(OTHER, now + LEASE + timedelta(seconds=1))
    with pytest.raises(LostLeaseError):
        hold(mine, now)


def test_the_log_of_a_failure_holds_no_text_of_the_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    worked_off(marking("broken"))
    assert "KeyError" in caplog.text
    assert "'broken'" not in caplog.text
