"""The processing of batches, and of batches left without a worker."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.models import Device
from imports.models import BatchState, DeviceBatch
from imports.operations import batch_runner
from imports.operations.batch_runner import ABANDONED, LISTS_KEPT, leave, tend_batches
from imports.operations.batches import add_batch, stop_batch, upload_batch
from jobs.models import Job, JobState
from jobs.registry import KINDS
from operators.actor import SHELL
from products.models import Product
from tests.factories import make_device, make_product
from tests.imports.batches.lists import listed, names, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> Product:
    """A product; a job handles lists with more than 10 rows."""
    monkeypatch.setattr(batch_runner, "AT_ONCE", 10)
    return make_product()


def live_jobs(kind: str) -> list[Job]:
    return list(Job.objects.filter(kind=kind, state__in=("queued", "running")))


def run(job: Job) -> None:
    """Run a job as a worker does, without the transactions."""
    kind = KINDS[job.kind]
    while job.total is None or job.position < job.total:
        outcome = kind.chunk(job, job.position, kind.size)
        job.position += outcome.taken
        if outcome.finished:
            break
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    kind.ended(job)


def test_a_long_list_waits_for_a_worker_and_a_short_one_does_not(product: Product) -> None:
    assert uploaded(product, *names(10)).state == BatchState.CHECK_SUCCESS
    assert uploaded(product, *names(11)).state == BatchState.CHECK
    assert [job.total for job in live_jobs(batch_runner.CHECK_JOB)] == [11]


def test_jobs_check_and_add_a_long_list(product: Product) -> None:
    batch = uploaded(product, *names(1200))
    run(*live_jobs(batch_runner.CHECK_JOB))
    add_batch(SHELL, batch.pk)
    run(*live_jobs(batch_runner.CREATE_JOB))
    batch.refresh_from_db()
    assert (batch.state, batch.added) == (BatchState.CREATE_SUCCESS, 1200)
    assert Device.objects.count() == 1200


def test_all_or_nothing_is_taken_back_by_a_job(product: Product) -> None:
    batch = uploaded(product, *names(1200))
    run(*live_jobs(batch_runner.CHECK_JOB))
    add_batch(SHELL, batch.pk, all_or_nothing=True)
    make_device(product, "lamp-001100")
    run(*live_jobs(batch_runner.CREATE_JOB))
    run(*live_jobs(batch_runner.UNDO_JOB))
    batch.refresh_from_db()
    assert (batch.state, batch.added) == (BatchState.CREATE_FAILED, 0)
    assert [d.device_name for d in Device.objects.all()] == ["lamp-001100"]


def test_a_cancelled_job_leaves_its_batch_stopped(product: Product) -> None:
    checking = uploaded(product, *names(20))
    leave(checking.pk)
    checking.refresh_from_db()
    assert (checking.state, checking.stopped) == (BatchState.CHECK_FAILED, True)


def test_a_batch_whose_process_died_gets_a_job_and_only_one(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.operations.batches.finish_small", lambda batch: batch)
    batch = upload_batch(SHELL, product.product_key, listed(*names(5)))
    tend_batches(timezone.now())
    assert not live_jobs(batch_runner.CHECK_JOB)
    after = timezone.now() + ABANDONED + timedelta(seconds=1)
    tend_batches(after)
    tend_batches(after)
    run(*live_jobs(batch_runner.CHECK_JOB))
    batch.refresh_from_db()
    assert batch.state == BatchState.CHECK_SUCCESS


def test_a_stopped_batch_is_left_alone(product: Product) -> None:
    batch = uploaded(product, *names(10))
    DeviceBatch.objects.update(state=BatchState.CREATE)
    stop_batch(SHELL, batch.pk)
    tend_batches(timezone.now() + LISTS_KEPT / 2)
    assert not Job.objects.exists()


def test_lists_that_were_never_added_are_forgotten_and_batches_are_not(product: Product) -> None:
    uploaded(product, *names(3))
    added = add_batch(SHELL, uploaded(product, *names(3, 10)).pk)
    tend_batches(timezone.now() + LISTS_KEPT - timedelta(minutes=1))
    assert DeviceBatch.objects.count() == 2
    tend_batches(timezone.now() + LISTS_KEPT + timedelta(minutes=1))
    assert list(DeviceBatch.objects.all()) == [added]
    assert added.devices.count() == 3
