"""How long records wait for company, and for whom they do not."""

import asyncio
from collections.abc import Callable
from typing import cast

from devices.operations.sessions import SessionEnd
from logs.models import ServiceType
from logs.operations import log_writer
from logs.reasons import Reason
from mqtt.listener.dispatch import Request
from mqtt.listener.record_buffer import LONGEST, Records
from tests.factories import LISTENER

REFUSAL = log_writer.Event(
    service_type=ServiceType.DEVICE, operation="online", reason=Reason.BAD_SIGNATURE, trace_id="t"
)
END = SessionEnd("trace", 1, LISTENER, Reason.CONNECTION_LOST, "product-key", "lamp-0001")


class Clock:
    """A loop whose time passes when the test says so."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self.due.append((seconds, call))

    def passes(self) -> None:
        due, self.due = self.due, []
        for _, call in due:
            call()


def records() -> tuple[Clock, Records, list[Request]]:
    clock, written = Clock(), list[Request]()
    return clock, Records(cast("asyncio.AbstractEventLoop", clock), written.append), written


def test_those_of_a_moment_are_handed_over_together_in_their_order() -> None:
    clock, waiting, written = records()
    others: list[Request] = [REFUSAL, END, REFUSAL]
    for record in others:
        waiting.add(record)
    assert (written, len(waiting)) == ([], 3)
    assert [seconds for seconds, _ in clock.due] == [LONGEST]
    clock.passes()
    assert (written, len(waiting), clock.due) == (others, 0, [])
    waiting.add(REFUSAL)
    clock.passes()
    assert written == [*others, REFUSAL]


def test_a_request_waits_for_no_refusals_to_be_written() -> None:
    _, waiting, written = records()
    waiting.add(REFUSAL)
    waiting.before_a_request()
    assert written == []


def test_the_end_of_a_session_goes_before_whatever_is_asked_next() -> None:
    clock, waiting, written = records()
    waiting.add(REFUSAL)
    waiting.add(END)
    waiting.before_a_request()
    assert written == [REFUSAL, END]
    waiting.add(REFUSAL)
    waiting.before_a_request()
    assert written == [REFUSAL, END]
    clock.passes()
    assert written == [REFUSAL, END, REFUSAL]
