"""A job may do what whoever asked for it may do at that moment, and no more."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from devices.bulk_actions import job_kind
from devices.models import Device
from jobs.models import Job, JobState
from jobs.operations import submit
from jobs.runner import NOT_ALLOWED, work
from operators.models import Operator, Role
from products.models import Product, ProductGrant
from tests.factories import make_device, make_product
from tests.jobs.kinds import MARK
from tests.operators.people import actor, limited_person, person

pytestmark = pytest.mark.django_db(transaction=True)


def worked_off(job: Job) -> Job:
    while work(uuid4(), lambda: False):
        pass
    job.refresh_from_db()
    return job


def granted(username: str, *products: Product, may_change: bool = True) -> Operator:
    account = limited_person(username)
    for product in products:
        ProductGrant.objects.create(operator=account, product=product, may_change=may_change)
    return account


def disabling(operator: Operator, *devices: Device) -> Job:
    return submit(actor(operator), job_kind("disable"), rows=[one.pk for one in devices])


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.VIEWER}])
def test_a_job_of_an_account_that_lost_its_role_fails_and_says_why(
    change: dict[str, object],
) -> None:
    chen, device = person("chen"), make_device(make_product())
    job = disabling(chen, device)
    Operator.objects.filter(pk=chen.pk).update(**change)
    assert worked_off(job).state == JobState.FAILED
    assert job.error == NOT_ALLOWED
    device.refresh_from_db()
    assert device.enabled


def test_devices_of_a_product_that_was_taken_back_are_skipped_and_counted() -> None:
    kept, taken = make_product(), make_product()
    mine, gone = make_device(kept), make_device(taken)
    job = disabling(granted("mei", kept, taken), mine, gone)
    ProductGrant.objects.filter(product=taken).delete()
    assert worked_off(job).state == JobState.DONE
    assert (job.done, job.failed) == (1, 1)
    enabled = Device.objects.values_list("pk", "enabled")
    assert dict(enabled) == {mine.pk: False, gone.pk: True}


def test_a_job_of_a_product_that_was_taken_back_fails() -> None:
    product = make_product()
    job = submit(actor(granted("mei", product)), MARK, product=product, rows=["a"])
    ProductGrant.objects.update(may_change=False)
    assert worked_off(job).error == NOT_ALLOWED


@pytest.mark.parametrize(("may_change", "status"), [(False, 403), (True, 302)])
def test_a_job_of_others_is_cancelled_by_those_who_may_change_its_product(
    may_change: bool, status: int
) -> None:
    product = make_product()
    job = submit(actor(person("chen")), MARK, product=product, rows=["a"])
    client = Client()
    client.force_login(granted("mei", product, may_change=may_change))
    response = client.post(reverse("jobs:cancel", args=[job.pk]))
    assert response.status_code == status
    job.refresh_from_db()
    assert job.cancel_requested is may_change
