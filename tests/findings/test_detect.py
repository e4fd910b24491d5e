"""Findings detected from the log."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from findings.detect import detect
from findings.evidence import stored_parties
from findings.models import Finding, FindingKind, FindingState
from findings.operations import dismiss
from operators.actor import SHELL
from tests.factories import issued_client_id, make_device, make_product
from tests.findings.sights import AWAY, HOME, kicked, live, minutes, online

pytestmark = pytest.mark.django_db

LATER = minutes(60)


def test_one_credential_at_two_addresses_in_turn_is_shared() -> None:
    device = make_device(make_product())
    for at, address, sdk in ((0, HOME, "4.2.0"), (2, AWAY, "1.2.13"), (3, HOME, "4.2.0")):
        online(device, at, address, sdk=sdk)
    detect(LATER)
    finding = Finding.objects.get(kind=FindingKind.SHARED)
    assert (finding.device, finding.first_seen) == (device, minutes(0))
    home, away = stored_parties(finding.evidence)
    assert (home.name, home.connections, home.sdks, home.last) == (HOME, 2, ["4.2.0"], minutes(3))
    assert (away.name, away.connections, away.sdks) == (AWAY, 1, ["1.2.13"])


def test_turns_are_found_though_they_were_read_in_parts() -> None:
    device = make_device(make_product())
    for at, address in ((0, HOME), (2, AWAY), (3, HOME)):
        online(device, at, address)
        detect(minutes(at) + timedelta(seconds=10))
    assert live() == ["shared"]


def test_a_device_that_changes_its_address_once_is_no_finding() -> None:
    device = make_device(make_product())
    for at, address in ((0, HOME), (1, HOME), (2, AWAY), (3, AWAY)):
        online(device, at, address)
    detect(LATER)
    assert live() == []


def test_two_client_ids_at_two_addresses_share_no_credential() -> None:
    device = make_device(make_product())
    for at, address, client in ((0, HOME, "a" * 22), (1, AWAY, "b" * 22), (2, HOME, "a" * 22)):
        online(device, at, address, client)
    detect(LATER)
    assert live() == []


def test_a_namesake_in_another_product_is_somebody_else() -> None:
    one, other = (make_device(make_product(), "lamp-0001") for _ in range(2))
    online(one, 0, HOME)
    online(other, 1, AWAY)
    online(one, 2, HOME)
    detect(LATER)
    assert live() == []


def test_takeovers_in_a_row_are_flapping() -> None:
    device = make_device(make_product())
    for number in range(5):
        kicked(device, number, client_id="ab"[number % 2] * 22)
    detect(LATER)
    finding = Finding.objects.get(kind=FindingKind.FLAPPING)
    assert finding.evidence["facts"] == {"takeovers": 5, "minutes": 10}
    assert [party.kicks for party in stored_parties(finding.evidence)] == [3, 2]


def test_takeovers_now_and_then_are_no_flapping() -> None:
    device = make_device(make_product())
    for number in range(8):
        kicked(device, number * 5)
    detect(LATER)
    assert live() == []


def test_a_second_client_id_is_a_finding_with_both_side_by_side() -> None:
    product = make_product()
    for at in (0, 5):
        issued_client_id(product, "lamp-0001", now=minutes(at))
    detect(LATER)
    finding = Finding.objects.get(kind=FindingKind.CLIENT_IDS)
    assert [party.registrations for party in stored_parties(finding.evidence)] == [1, 1]
    assert finding.last_seen == minutes(5)


def test_more_of_the_same_adds_to_the_finding_there_is() -> None:
    device = make_device(make_product())
    for at, address in ((0, HOME), (2, AWAY), (3, HOME)):
        online(device, at, address)
    detect(minutes(4))
    online(device, 5, AWAY)
    detect(minutes(6))
    finding = Finding.objects.get()
    assert finding.last_seen == minutes(5)
    assert stored_parties(finding.evidence)[1].connections == 2


def test_dismissed_it_stays_so_until_somebody_new_appears() -> None:
    device = make_device(make_product())
    for at, address in ((0, HOME), (2, AWAY), (3, HOME)):
        online(device, at, address)
    detect(minutes(4))
    dismiss(SHELL, Finding.objects.get().pk, "Two test benches")
    online(device, 5, AWAY)
    detect(minutes(6))
    assert Finding.objects.get().state == FindingState.DISMISSED
    online(device, 7, "203.0.113.9")
    online(device, 8, AWAY)
    detect(minutes(9))
    assert Finding.objects.get().state == FindingState.OPEN


def test_a_device_deleted_meanwhile_is_no_finding() -> None:
    device = make_device(make_product())
    for at, address in ((0, HOME), (2, AWAY), (3, HOME)):
        online(device, at, address)
    device.delete()
    detect(LATER)
    assert live() == []


def test_what_was_read_is_not_read_again() -> None:
    online(make_device(make_product()), 0)
    assert detect(LATER) > 0
    assert detect(LATER) == 0


def test_costs_the_same_however_many_devices_there_are() -> None:
    product = make_product()

    def cost(names: range) -> int:
        for number in names:
            online(make_device(product, f"lamp-{number:04}"), 0)
        with CaptureQueriesContext(connection) as queries:
            detect(LATER)
        return len(queries)

    cost(range(1))
    assert cost(range(1, 40)) == cost(range(40, 43))
