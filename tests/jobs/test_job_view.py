"""The page of a background job."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.models import Job
from jobs.operations import submit
from jobs.runner import work
from operators.actor import SHELL, Actor
from operators.models import Operator
from tests.console.dom import attribute, by_id, swap, text, tree
from tests.console.fixtures import htmx
from tests.jobs.kinds import MARK


@pytest.fixture
def job(chen: Operator) -> Job:
    return submit(Actor("console", chen), MARK, rows=[f"row-{n:02}" for n in range(25)])


def work_off() -> None:
    owner = uuid4()
    while work(owner, lambda: False):
        pass


def test_tells_state_progress_and_who_started_it(console: Client, job: Job) -> None:
    shown = text(by_id(tree(console.get(job.get_absolute_url())), "main"))
    assert "Mark rows" in shown
    assert "Waiting 0 of 25" in shown
    assert "Started by chen" in shown


def test_asks_again_while_it_runs_and_no_more_when_it_has_ended(console: Client, job: Job) -> None:
    url = job.get_absolute_url()
    page = tree(console.get(url))
    assert attribute(by_id(page, "job-progress"), "data-poll")
    work_off()
    answer = console.get(url, headers=htmx("job-progress"))
    assert b"<html" not in answer.content
    swap(page, tree(answer), "job-progress")
    assert "Done 25 of 25" in text(by_id(page, "job-progress"))
    assert not attribute(by_id(page, "job-progress"), "data-poll")
    assert by_id(page, "main") == by_id(tree(console.get(url)), "main")


def test_says_why_it_failed(console: Client) -> None:
    job = submit(SHELL, MARK, rows=["fatal"])
    work_off()
    assert "Row fatal is fatal." in text(tree(console.get(job.get_absolute_url())))


def test_says_so_when_no_worker_takes_it_up(console: Client, job: Job) -> None:
    assert "No worker" not in text(tree(console.get(job.get_absolute_url())))
    Job.objects.update(turn_at=timezone.now() - timedelta(minutes=1))
    assert "No worker" in text(tree(console.get(job.get_absolute_url())))


def test_is_cancelled_after_a_question(console: Client, job: Job) -> None:
    url = f"{job.get_absolute_url()}cancel/"
    assert "Finished parts stay" in text(tree(console.get(url)))
    assert console.post(url).status_code == 302
    assert "stopping" in text(tree(console.get(job.get_absolute_url())))
    work_off()
    assert "Cancelled" in text(tree(console.get(job.get_absolute_url())))
    assert console.post(url).status_code == 422


def test_viewers_look_and_do_not_cancel(viewing: Client, job: Job) -> None:
    page = viewing.get(job.get_absolute_url())
    assert "Cancel the job" not in text(tree(page))
    assert viewing.post(f"{job.get_absolute_url()}cancel/").status_code == 403


def test_a_job_that_does_not_exist_is_not_found(console: Client) -> None:
    assert console.get("/devices/jobs/4711/").status_code == 404


def test_costs_the_same_however_long_the_job(
    console: Client, job: Job, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    console.get(job.get_absolute_url())
    with django_assert_num_queries(3):  # session, operator, job
        console.get(job.get_absolute_url())
