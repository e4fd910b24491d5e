"""Refusals are examined after the answer, concurrently with everything else."""

import threading

import pytest
from django.db import OperationalError

from logs.models import LogEntry
from mqtt.listener import refusal_examiner
from registration.operations import refusal_diagnosis
from registration.operations.refusal_diagnosis import Refusal
from tests.clients.connects import registration_connect
from tests.clients.mqtt import PATIENCE
from tests.clients.running import StartListener, eventually
from tests.factories import make_product

pytestmark = pytest.mark.django_db(transaction=True)


def refusals() -> list[str]:
    entries = LogEntry.objects.filter(reason="bad_signature").order_by("pk")
    return [entry.detail["hints"] for entry in entries]


def test_while_a_refusal_is_examined_others_are_answered(
    start_listener: StartListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, real = threading.Event(), threading.Event(), refusal_diagnosis.event_of

    def slowly(refusal: Refusal) -> object:
        begun.set()
        assert go_on.wait(PATIENCE)
        return real(refusal)

    monkeypatch.setattr(refusal_examiner, "event_of", slowly)
    listener, product = start_listener(), make_product()
    assert listener.attempt(registration_connect(product, "lamp-0001", secret="wrong")) == 4
    assert begun.wait(PATIENCE)
    assert listener.attempt(registration_connect(product, "lamp-0002")) == 0
    assert refusals() == []
    go_on.set()
    assert eventually(lambda: refusals() == ["unexplained"])


def test_what_waits_to_be_examined_at_the_end_is_logged_as_it_is(
    start_listener: StartListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener, product = start_listener(), make_product()
    monkeypatch.setattr(refusal_examiner, "LATEST", 3600.0)
    assert listener.attempt(registration_connect(product, "lamp-0001", secret="wrong")) == 4
    listener.do(listener.listener.hub.examiner.stop)
    assert eventually(lambda: refusals() == ["not_examined"])


def test_a_refusal_that_cannot_be_examined_is_logged_all_the_same(
    start_listener: StartListener,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(_refusal: Refusal) -> object:
        raise OperationalError("a row with a secret")

    monkeypatch.setattr(refusal_examiner, "event_of", fails)
    listener, product = start_listener(), make_product()
    for number in range(2):
        wrong = registration_connect(product, "lamp-0001", secret=f"wrong {number}")
        assert listener.attempt(wrong) == 4
    assert eventually(lambda: refusals() == ["not_examined"] * 2)
    assert len([r for r in caplog.records if "examining" in r.getMessage()]) == 1
    assert "secret" not in caplog.text
