"""Actions of an access key are shown with the key's name everywhere."""

import pytest
from django.test import Client

from devices.bulk_actions import job_kind
from devices.operations.add import add_device
from imports.models import DeviceBatch
from imports.operations.batches import upload_batch
from jobs.models import Job
from jobs.operations import submit
from logs.models import LogEntry
from operators.actor import SHELL, Actor
from operators.models import AccessKey, AccessKeyScope, Operator
from operators.operations.access_key_use import api_actor
from operators.operations.access_keys import create_access_key, delete_access_key
from tests.console.dom import attribute, text, tree, walk
from tests.factories import make_product
from tests.imports.batches.lists import listed, names

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(db: None) -> AccessKey:
    return create_access_key(SHELL, "production-line", AccessKeyScope.EVERYTHING)


@pytest.fixture
def by_key(key: AccessKey) -> Actor:
    return api_actor(key, "192.0.2.9")


def test_log_timeline_and_trail_name_it(console: Client, key: AccessKey, by_key: Actor) -> None:
    device = add_device(by_key, make_product().product_key, "lamp")
    assert LogEntry.objects.get().detail["by"] == f"API key {key.label}"
    for url in ("/logs/", f"{device.get_absolute_url()}timeline/"):
        assert f"API key {key.label}" in text(tree(console.get(url))), url
    trail = tree(console.get("/audit/"))
    links = [e for e in walk(trail) if e.name == "a"]
    [link] = [e for e in links if text(e) == "API key production-line"]
    assert attribute(link, "href") == f"/audit/?who={key.access_key_id}"


def test_the_trail_also_tells_whose_key_it_is(console: Client, chen: Operator) -> None:
    key = create_access_key(SHELL, "line", AccessKeyScope.DEVICES, chen)
    add_device(api_actor(key, None), make_product().product_key, "lamp")
    assert "API key line chen" in text(tree(console.get("/audit/")))


def test_the_trail_is_filtered_by_key(console: Client, key: AccessKey, by_key: Actor) -> None:
    device = add_device(by_key, make_product().product_key, "lamp")
    delete_access_key(SHELL, key.access_key_id)
    for who in ("production-line", key.access_key_id, "PRODUCTION"):
        page = console.get("/audit/", {"who": who}).context["page"]
        assert [entry.target for entry in page.rows] == [device.target]
    assert console.get("/audit/", {"who": "another"}).context["page"].rows == []


def test_the_trail_as_a_file_names_it(console: Client, key: AccessKey, by_key: Actor) -> None:
    add_device(by_key, make_product().product_key, "lamp")
    rows = console.post("/audit/export/").getvalue().decode().splitlines()
    assert f",API key {key.label},api,192.0.2.9,device.add," in rows[1]


def test_a_job_goes_on_in_its_name(console: Client, by_key: Actor) -> None:
    asked = submit(by_key, job_kind("disable"), rows=[1])
    job = Job.objects.get(pk=asked.pk)
    assert job.actor == by_key
    assert f"Started by {by_key}" in text(tree(console.get(job.get_absolute_url())))


def test_a_batch_goes_on_in_its_name(console: Client, by_key: Actor) -> None:
    asked = upload_batch(by_key, make_product().product_key, listed(*names(2)), file_name="a.csv")
    batch = DeviceBatch.objects.get(pk=asked.pk)
    assert batch.actor == by_key
    for url in (batch.get_absolute_url(), "/devices/batches/"):
        assert str(by_key) in text(tree(console.get(url))), url
