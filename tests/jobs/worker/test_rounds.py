"""Periodic rounds: due, done once, and done again after a failure."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from common.ops.periodic_tasks import PeriodicTask, periodic_tasks
from jobs.leases import LEASE, claim_round, finish_round, renew
from jobs.models import Round
from jobs.rounds import take_turn
from logs.models import LogEntry, ServiceType
from logs.operations import log_writer
from logs.periodic import prune
from logs.reasons import Reason
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ME, OTHER = uuid4(), uuid4()
MINUTE = timedelta(minutes=1)


def counting() -> tuple[PeriodicTask, list[datetime]]:
    calls: list[datetime] = []
    return PeriodicTask("counting", 60, calls.append), calls


def test_names_are_unique_and_fit() -> None:
    names = [entry.name for entry in periodic_tasks()]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 48


def test_a_round_is_done_when_due_and_not_before() -> None:
    entry, calls = counting()
    assert take_turn(entry, ME)
    assert not take_turn(entry, ME)
    assert not take_turn(entry, OTHER)
    Round.objects.update(due_at=timezone.now())
    assert take_turn(entry, OTHER)
    assert len(calls) == 2


def test_of_many_workers_one_does_it() -> None:
    entry, calls = counting()
    at_once(*[lambda: take_turn(entry, uuid4())] * 20)
    assert len(calls) == 1


def test_a_round_that_fails_is_due_again_at_its_next_turn() -> None:
    def fail(_: datetime) -> None:
        raise KeyError

    entry = PeriodicTask("failing", 60, fail)
    with pytest.raises(KeyError):
        take_turn(entry, ME)
    row = Round.objects.get()
    assert row.lease_owner is None
    assert row.due_at > timezone.now()


def test_a_round_under_way_is_left_alone_while_its_lease_is_renewed() -> None:
    now = timezone.now()
    assert claim_round("slow", ME, now, MINUTE)
    later = now + LEASE - timedelta(seconds=1)
    assert not claim_round("slow", OTHER, later, MINUTE)
    assert renew(ME, later) == 1
    assert not claim_round("slow", OTHER, now + LEASE + timedelta(seconds=1), MINUTE)
    assert claim_round("slow", OTHER, later + LEASE + timedelta(seconds=1), MINUTE)


def test_a_clock_that_was_set_back_stops_no_round() -> None:
    """Done by a clock that was a day ahead: due, and leased, in what is tomorrow now."""
    now = timezone.now()
    tomorrow = now + timedelta(days=1)
    assert claim_round("ahead", OTHER, tomorrow, MINUTE)
    assert claim_round("ahead", ME, now, MINUTE)
    finish_round("ahead", ME, tomorrow)
    assert claim_round("ahead", ME, now, MINUTE)


def test_clocks_of_two_hosts_may_differ_a_little() -> None:
    now = timezone.now()
    ahead = now + timedelta(seconds=30)
    assert claim_round("slow", OTHER, ahead, MINUTE)
    assert not claim_round("slow", ME, now, MINUTE)
    finish_round("slow", OTHER, ahead + MINUTE)
    assert not claim_round("slow", ME, now, MINUTE)


def test_pruning_forgets_what_is_older_than_the_setting() -> None:
    now = timezone.now()
    event = log_writer.Event(ServiceType.DEVICE, "online", Reason.ONLINE)
    log_writer.write([event], now - timedelta(days=31))
    log_writer.write([event], now - timedelta(days=29))
    prune(now)
    assert LogEntry.objects.count() == 1
