"""Kept data of one person names no product to people who may not, or no longer, see it."""

import pytest
from django.test import Client
from django.utils import timezone

from devices.operations import manage
from jobs.models import Job
from jobs.operations import submit
from jobs.progress import job_facts, jobs_of
from operators.actor import Actor
from operators.audit_access import visible_audit
from operators.models import AuditEntry, Operator, SavedFilter
from operators.operations import audit, saved_filters
from operators.operations.saved_filters import Wish
from products.operations.grants import set_grants
from tests.console.seed import Fleet
from tests.operators.people import limited_person

LISTS = {
    "devices:list": "/devices/",
    "products:list": "/products/",
    "findings:list": "/findings/",
    "logs:list": "/logs/",
    "operators:audit": "/audit/",
}


@pytest.fixture
def lim(fleet: Fleet) -> Operator:
    """An operator who may change Water_Meter and sees no other product."""
    account = limited_person("lim")
    account.grants.create(product=fleet.meter, may_change=True)
    return account


def browser_of(operator: Operator) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def share(owner: Operator, page: str, query: str, name: str = "Kept") -> SavedFilter:
    wish = Wish(name, shared=True)
    return saved_filters.save(Actor("console", owner), owner, page, query, wish)


def filled(query: str, fleet: Fleet) -> str:
    keys = {"LAMP": fleet.lamp.product_key, "METER": fleet.meter.product_key}
    for word, key in keys.items():
        query = query.replace(word, key)
    return query


HIDDEN = [
    ("devices:list", "product=LAMP"),
    ("devices:list", "product=LAMP&state=online"),
    ("devices:list", "name=lamp-0001"),
    ("devices:list", "product=METER&name=lamp-0001"),
    ("devices:list", "product=METER&product=LAMP"),
    ("devices:list", "state=lamp-0001"),
    ("devices:list", "compromised=lamp-0001"),
    ("devices:list", "registered=lamp-0001"),
    ("devices:list", "unknown=lamp-0001"),
    ("devices:list", "batch=1"),
    ("products:list", "name=Smart_Lamp"),
    ("findings:list", "product=LAMP"),
    ("logs:list", "product=LAMP"),
    ("logs:list", "device=lamp-0001"),
    ("logs:list", "q=LAMP"),
    ("logs:list", "client=lamp-0001"),
    ("logs:list", "product=METER&device=lamp-0001"),
    ("operators:audit", "object=product/LAMP"),
    ("operators:audit", "object=device/LAMP/lamp-0001"),
    ("operators:audit", "target=device/LAM"),
    ("operators:audit", "target=batch/LAMP/1"),
    ("operators:audit", "act=LAMP"),
    ("operators:audit", "who=chen"),
]
SHOWN = [
    ("devices:list", "product=METER"),
    ("devices:list", "product=METER&state=online&compromised=true"),
    ("devices:list", "state=offline"),
    ("products:list", "registration=on"),
    ("findings:list", "product=METER&state=all"),
    ("logs:list", "product=METER&result=fail&within=60"),
    ("logs:list", "since=2026-11-01T00:00:00Z"),
    ("operators:audit", "object=device/METER/meter-A4:CF:12"),
    ("operators:audit", "origin=api"),
]


@pytest.mark.parametrize(("page", "query"), HIDDEN)
def test_a_shared_filter_is_hidden_from_whom_its_words_may_not_concern(
    fleet: Fleet, chen: Operator, lim: Operator, page: str, query: str
) -> None:
    share(chen, page, filled(query, fleet), "Name of it")
    shown = browser_of(lim).get(LISTS[page]).text
    assert "Name of it" not in shown
    assert fleet.lamp.product_key not in shown
    assert "lamp-0001" not in shown
    assert "Name of it" in browser_of(chen).get(LISTS[page]).text


@pytest.mark.parametrize(("page", "query"), SHOWN)
def test_a_shared_filter_of_visible_products_and_fixed_choices_is_shown(
    fleet: Fleet, chen: Operator, lim: Operator, page: str, query: str
) -> None:
    share(chen, page, filled(query, fleet), "Name of it")
    assert "Name of it" in browser_of(lim).get(LISTS[page]).text


def test_own_filters_with_text_stay(fleet: Fleet, lim: Operator) -> None:
    share(lim, "devices:list", f"product={fleet.meter.product_key}&name=meter", "Mine")
    assert "Mine" in browser_of(lim).get("/devices/").text


def test_a_grant_taken_back_hides_filters_at_once_and_given_again_shows_them(
    fleet: Fleet, chen: Operator, lim: Operator
) -> None:
    query = f"product={fleet.meter.product_key}"
    share(chen, "devices:list", query, "Of Chen")
    wish = Wish("Mine", is_default=True)
    own = saved_filters.save(Actor("console", lim), lim, "devices:list", query, wish)
    actor, mine = Actor("console", chen), f"/filters/{own.pk}/"
    for granted in ({fleet.meter.product_key: True}, {}, {fleet.meter.product_key: False}):
        set_grants(actor, lim.pk, every_product=False, granted=granted)
        client = browser_of(lim)
        page = client.get("/devices/", follow=True).text
        assert ("Of Chen" in page, "Mine" in page) == (bool(granted), bool(granted))
        assert (fleet.meter.product_key in page) == bool(granted)
        for url in (mine, f"{mine}delete/"):
            assert client.get(url).status_code == (200 if granted else 404)


# --- the audit trail ----------------------------------------------------------------------
def told(operator: Operator) -> list[tuple[str, str]]:
    """Read anew: grants are kept for as long as the object."""
    now = Operator.objects.get(pk=operator.pk)
    return list(visible_audit(now).order_by("pk").values_list("act", "target"))


def test_own_acts_are_shown_for_as_long_as_the_product_is_visible(
    fleet: Fleet, chen: Operator, lim: Operator
) -> None:
    AuditEntry.objects.all().delete()
    key, actor = fleet.meter.product_key, Actor("console", lim)
    manage.set_enabled(actor, key, "meter-A4:CF:12", enabled=False)
    audit.record(actor, "operator.sign_in", lim.target, "Signed in")
    audit.record(actor, "audit.export", "audit", "Downloaded", filters=f"target=device/{key}/meter")
    done, in_ = ("device.disable", f"device/{key}/meter-A4:CF:12"), ("operator.sign_in", lim.target)
    assert told(lim) == [done, in_]
    set_grants(Actor("console", chen), lim.pk, every_product=False, granted={})
    assert told(lim) == [in_]
    client = browser_of(lim)
    for answer in (client.get("/audit/"), client.get(f"/audit/?target=device/{key}")):
        main = answer.text.partition('id="audit-list"')[2]
        assert "meter-A4:CF:12" not in main
    exported = b"".join(client.post("/audit/export/")).decode()
    assert key not in exported


def test_what_was_granted_before_is_not_told_to_whom_it_was_granted(
    fleet: Fleet, chen: Operator, lim: Operator
) -> None:
    granted = {fleet.lamp.product_key: True}
    set_grants(Actor("console", chen), lim.pk, every_product=False, granted=granted)
    set_grants(Actor("console", chen), lim.pk, every_product=False, granted={})
    assert ("operator.products", lim.target) not in told(lim)
    assert ("operator.products", lim.target) in told(chen)


# --- background jobs ----------------------------------------------------------------------
def test_own_jobs_of_a_product_go_with_its_grant(
    fleet: Fleet, chen: Operator, lim: Operator
) -> None:
    kind = Job.objects.earliest("pk").kind
    job = submit(Actor("console", lim), kind, product=fleet.meter, total=1)
    assert browser_of(lim).get(job.get_absolute_url()).status_code == 200
    set_grants(Actor("console", chen), lim.pk, every_product=False, granted={})
    answer = browser_of(lim).get(job.get_absolute_url())
    assert answer.status_code == 404
    assert job not in jobs_of(Operator.objects.get(pk=lim.pk))


def test_a_job_on_many_devices_names_no_device_of_a_product_taken_back(
    fleet: Fleet, chen: Operator, lim: Operator
) -> None:
    job = submit(Actor("console", lim), "devices.disable", total=2)
    named = {"named": ["meter-A4:CF:12", "lamp-0001"], "reasons": {"Gone": 2}}
    Job.objects.filter(pk=job.pk).update(state="done", failed=2, result=named)

    def words() -> str:
        found = Job.objects.select_related("operator").get(pk=job.pk)
        return " ".join(job_facts(found, timezone.now()).told)

    assert "Skipped: meter-A4:CF:12 and 1 more." in words()
    set_grants(Actor("console", chen), lim.pk, every_product=False, granted={})
    assert "meter" not in words()
    assert "2 skipped: Gone" in words()
