"""Log entries written after the device has its answer."""

import queue
import threading
from collections.abc import Sequence

import pytest
from django.db import OperationalError

from logs.models import LogEntry, ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from registration import deferred_log
from registration.deferred_log import LateLog, Record

PATIENCE = 30


def event(number: int) -> log_writer.Event:
    return log_writer.Event(
        ServiceType.REGISTRATION, "register", Reason.BAD_PARAMETERS, f"{number:016}"
    )


def test_what_is_added_meanwhile_is_written_together_in_order() -> None:
    begun, go_on = threading.Event(), threading.Event()
    written: list[list[Record]] = []

    def write(records: Sequence[Record]) -> None:
        written.append(list(records))
        begun.set()
        assert go_on.wait(PATIENCE)

    late = LateLog(write)
    events = [event(number) for number in range(4)]
    late.add(events[0])
    assert begun.wait(PATIENCE)
    for later in events[1:]:
        late.add(later)
    go_on.set()
    late.close()
    assert written == [events[:1], events[1:]]


def test_while_the_database_is_away_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(deferred_log, "_RETRY_SECONDS", 0.0)
    tries: queue.Queue[Sequence[Record]] = queue.Queue()

    def write(records: Sequence[Record]) -> None:
        tries.put(records)
        if tries.qsize() < 3:
            raise OperationalError("a row with a secret")

    late = LateLog(write)
    late.add(event(1))
    late.close()
    assert [tries.get_nowait() for _ in range(3)] == [[event(1)]] * 3
    assert len([r for r in caplog.records if r.levelname == "ERROR"]) == 1
    assert "secret" not in caplog.text


def test_beyond_its_bound_it_waits_for_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(deferred_log, "_MOST_WAITING", 1)
    begun, go_on = threading.Event(), threading.Event()

    def write(_: Sequence[Record]) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    late = LateLog(write)
    late.add(event(0))
    assert begun.wait(PATIENCE)
    late.add(event(1))
    late.add(event(2))
    assert "not logged" in caplog.text
    # Nor does the end of the process wait for a place.
    monkeypatch.setattr(deferred_log, "_LAST_SECONDS", 0.0)
    late.close()
    go_on.set()


@pytest.mark.django_db
def test_an_event_becomes_a_log_entry() -> None:
    deferred_log.write([event(7)])
    assert LogEntry.objects.get().trace_id == f"{7:016}"
