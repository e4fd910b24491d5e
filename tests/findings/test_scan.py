"""Bursts, and ClientIDs nobody uses."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from findings import scan as surveying
from findings.models import Finding, FindingKind, FindingState
from findings.operations import dismiss
from findings.resolve import resolve
from findings.scan import survey
from logs.models import LogTally
from operators.actor import SHELL
from products.models import Product
from tests.factories import (
    connect_by_token,
    issued_client_id,
    make_product,
)
from tests.findings.sights import NOON, live, minutes

pytestmark = pytest.mark.django_db


def registered(product: Product, hours_ago: int, count: int) -> None:
    LogTally.objects.create(
        hour=NOON - timedelta(hours=hours_ago),
        product_key=product.product_key,
        operation="regnwl",
        reason="ok",
        count=count,
    )


def test_far_more_registrations_than_usual_are_a_burst() -> None:
    product = make_product()
    registered(product, 48, 20)
    registered(product, 0, 101)
    survey(minutes(30))
    finding = Finding.objects.get()
    assert (finding.kind, finding.product, finding.device) == (FindingKind.BURST, product, None)
    assert finding.evidence["facts"]["usual"] == 20


@pytest.mark.parametrize(("usual", "now"), [(20, 99), (21, 101), (5000, 9000)])
def test_a_production_line_at_work_is_no_burst(usual: int, now: int) -> None:
    product = make_product()
    registered(product, 48, usual)
    registered(product, 0, now)
    survey(minutes(30))
    assert live() == []


def test_a_burst_dismissed_opens_again_in_another_hour_only() -> None:
    product = make_product()
    registered(product, 0, 200)
    survey(minutes(30))
    dismiss(SHELL, Finding.objects.get().pk, "First production run")
    survey(minutes(31))
    assert Finding.objects.get().state == FindingState.DISMISSED
    registered(product, -3, 2000)
    survey(minutes(200))
    assert Finding.objects.get().state == FindingState.OPEN


def test_a_client_id_that_never_connected_is_found_after_a_day() -> None:
    product = make_product()
    issued = issued_client_id(product, "lamp-0001", now=NOON)
    survey(NOON + timedelta(hours=23))
    assert live() == []
    for _ in range(2):
        survey(NOON + timedelta(hours=25))
    finding = Finding.objects.get()
    assert (finding.kind, finding.client_id) == (FindingKind.UNUSED, issued.client_id)


def test_one_that_connected_is_not() -> None:
    product = make_product()
    connect_by_token(product, "lamp-0001", issued_client_id(product, "lamp-0001", now=NOON))
    survey(NOON + timedelta(hours=25))
    assert live() == []


def test_how_long_is_a_setting(settings: Settings) -> None:
    settings.FINDING_UNUSED_HOURS = 2
    issued_client_id(make_product(), "lamp-0001", now=NOON)
    survey(NOON + timedelta(hours=3))
    assert live() == ["unused"]


def test_a_product_has_so_many_findings_of_them_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveying, "MOST_UNUSED", 2)
    product, other = make_product(), make_product()
    for number in range(4):
        issued_client_id(product, f"lamp-{number:04}", now=NOON)
    survey(NOON + timedelta(hours=25))
    issued_client_id(other, "lamp-0001", now=NOON)
    survey(NOON + timedelta(hours=25))
    assert live() == ["unused"] * 3


def test_most_of_a_budget_used_is_a_finding_until_there_is_more() -> None:
    product = make_product()
    Product.objects.update(registration_budget=100, registration_used=79)
    survey(NOON)
    assert live() == []
    Product.objects.update(registration_used=80)
    survey(NOON)
    finding = Finding.objects.get()
    assert (finding.kind, finding.product) == (FindingKind.BUDGET, product)
    assert finding.evidence["facts"] == {"used": 80, "budget": 100}
    assert resolve(NOON) == 0
    Product.objects.update(registration_budget=200)
    assert resolve(NOON) == 1


def test_a_budget_dismissed_is_told_again_for_another_window() -> None:
    make_product()
    Product.objects.update(registration_budget=100, registration_used=90)
    survey(NOON)
    dismiss(SHELL, Finding.objects.get().pk, "The last ten are not created yet")
    Product.objects.update(registration_used=95)
    survey(minutes(1))
    assert Finding.objects.get().state == FindingState.DISMISSED
    Product.objects.update(dynamic_registration_changed_at=minutes(2))
    survey(minutes(3))
    assert Finding.objects.get().state == FindingState.OPEN
