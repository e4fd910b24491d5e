"""The processing of imports, and of imports left without a worker."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from devices.models import Device
from imports.models import FleetImport, ImportState
from imports.operations import fleet_runner, fleet_stages
from imports.operations.fleet_imports import apply_import, upload_import
from imports.operations.fleet_runner import ABANDONED, KEPT, leave, tend_imports
from jobs.models import Job, JobState
from jobs.registry import KINDS
from operators.actor import SHELL
from tests.imports.fleet.given import checked, line, read, table

pytestmark = pytest.mark.django_db


def fleet_of(count: int) -> str:
    return table(*(line(number) for number in range(count)))


def live_jobs() -> list[Job]:
    return list(Job.objects.filter(state__in=("queued", "running")))


def run(job: Job) -> None:
    """Run a job as a worker does."""
    kind = KINDS[job.kind]
    while job.total is None or job.position < job.total:
        with transaction.atomic():
            job.position += kind.chunk(job, job.position, kind.size).taken
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    kind.ended(job)


def test_a_large_fleet_is_left_to_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_runner, "AT_ONCE", 10)
    fleet = checked(fleet_of(1100))
    assert fleet.state == ImportState.CHECK
    run(*live_jobs())
    apply_import(SHELL, fleet.pk)
    run(*live_jobs())
    fleet.refresh_from_db()
    assert (fleet.state, fleet.done["devices_new"]) == (ImportState.DONE, 1100)
    assert Device.objects.count() == 1100


def test_a_cancelled_job_leaves_its_import_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_runner, "AT_ONCE", 0)
    fleet = checked(fleet_of(1))
    leave(fleet.pk)
    fleet.refresh_from_db()
    assert fleet.state == ImportState.STOPPED


def test_an_import_whose_process_died_gets_a_job_and_only_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("imports.operations.fleet_imports.finish_small", lambda fleet: fleet)
    fleet = upload_import(SHELL, read(fleet_of(2)))
    tend_imports(timezone.now())
    assert not live_jobs()
    after = timezone.now() + ABANDONED + timedelta(seconds=1)
    tend_imports(after)
    tend_imports(after)
    run(*live_jobs())
    fleet.refresh_from_db()
    assert fleet.state == ImportState.CHECKED


def test_secrets_nobody_went_on_with_are_forgotten() -> None:
    waiting = checked(fleet_of(1))
    done = apply_import(SHELL, checked(fleet_of(2)).pk)
    tend_imports(timezone.now() + KEPT - timedelta(minutes=1))
    assert FleetImport.objects.filter(pk=waiting.pk).exists()
    tend_imports(timezone.now() + KEPT + timedelta(minutes=1))
    assert list(FleetImport.objects.all()) == [done]


def test_a_part_that_somebody_interfered_with_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = checked(fleet_of(1))
    real, failures = fleet_stages._write_devices, [IntegrityError("taken")]

    def interfered(*arguments: object) -> None:
        if failures:
            raise failures.pop()
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(fleet_stages, "_write_devices", interfered)
    assert apply_import(SHELL, fleet.pk).done["devices_new"] == 1
