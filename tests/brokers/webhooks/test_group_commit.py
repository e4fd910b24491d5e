"""Requests of several threads share a transaction, and a bad one fails alone."""

import threading
from collections.abc import Sequence
from datetime import datetime

import pytest

from brokers.webhooks.group_commit import FAILED, GroupCommit, Job
from devices.operations.authenticate import Admitted, ConnectionRequest, Outcome
from devices.operations.refusal import Refused
from logs.reasons import Reason
from tests.factories import signed_connection

pytestmark = pytest.mark.django_db(transaction=True)


def request(name: str) -> ConnectionRequest:
    return signed_connection("a1B2c3D4e5F", name, "0" * 32)


def test_those_who_wait_are_taken_together() -> None:
    """The first is held in its transaction until four others wait."""
    batches: list[list[str]] = []
    begun, go_on = threading.Event(), threading.Event()

    def run(requests: Sequence[ConnectionRequest], _now: datetime) -> list[Outcome]:
        batches.append([each.params.device_name for each in requests])
        begun.set()
        assert go_on.wait(30)
        return [Admitted(int(each.params.device_name[-1])) for each in requests]

    group_commit = GroupCommit(run)
    answers: dict[str, Outcome] = {}

    def ask(name: str) -> None:
        from django.db import connection

        answers[name] = group_commit.ask(request(name))
        connection.close()

    threads = [threading.Thread(target=ask, args=(f"lamp-{n}",)) for n in range(5)]
    threads[0].start()
    assert begun.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(group_commit._waiting) < 4:
        threading.Event().wait(0.01)
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert [len(batch) for batch in batches] == [1, 4]
    assert answers == {f"lamp-{n}": Admitted(n) for n in range(5)}


def test_a_bad_request_fails_alone() -> None:
    def run(requests: Sequence[ConnectionRequest], _now: datetime) -> list[Outcome]:
        if any(each.params.device_name == "lamp-bad" for each in requests):
            raise ValueError
        return [Refused(Reason.UNKNOWN_DEVICE) for _ in requests]

    group_commit = GroupCommit(run)
    group_commit._waiting.extend(Job(request(name)) for name in ("lamp-bad", "lamp-two"))
    waiting = list(group_commit._waiting)
    assert group_commit.ask(request("lamp-one")) == Refused(Reason.UNKNOWN_DEVICE)
    assert [job.outcome for job in waiting] == [FAILED, Refused(Reason.UNKNOWN_DEVICE)]
