"""Dispatch of a batch: all kinds in one transaction, each kind as one operation."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from devices.operations import authenticate as connections
from devices.operations.authenticate import ConnectionRequest
from devices.operations.refusal import Refused
from devices.operations.sessions import SessionEnd, end_sessions
from logs.operations import log_writer
from registration.operations import register as registrations
from registration.operations.proof import RegistrationRequest
from registration.operations.refusal_diagnosis import Refusal, log_refusals

Request = RegistrationRequest | ConnectionRequest | SessionEnd | log_writer.Event | Refusal
Outcome = registrations.Outcome | connections.Outcome | Refused | None

# Requests whose answer nobody waits for, and which must not be lost.
RECORDS = (SessionEnd, log_writer.Event, Refusal)


def _end(ends: Sequence[SessionEnd], now: datetime) -> list[Outcome]:
    end_sessions(ends, now)
    return [None] * len(ends)


def _write(events: Sequence[log_writer.Event], now: datetime) -> list[Outcome]:
    log_writer.write(events, now)
    return [None] * len(events)


def _log_refusals(refusals: Sequence[Refusal], now: datetime) -> list[Outcome]:
    log_refusals(refusals, now)
    return [None] * len(refusals)


# In this order: what ends had begun before, and beside it the device's next session may begin.
_OPERATIONS: tuple[tuple[type, Callable[[Sequence[Any], datetime], Sequence[Outcome]]], ...] = (
    (SessionEnd, _end),
    (RegistrationRequest, registrations.register),
    (ConnectionRequest, connections.authenticate),
    (log_writer.Event, _write),
    (Refusal, _log_refusals),
)


def perform(requests: Sequence[Request], now: datetime) -> list[Outcome]:
    """One outcome per request, in order, all committed; or an exception and nothing happened."""
    outcomes: list[Outcome] = [None] * len(requests)
    with transaction.atomic():
        for kind, operation in _OPERATIONS:
            places = [n for n, request in enumerate(requests) if type(request) is kind]
            if places:
                answers = operation([requests[n] for n in places], now)
                for place, answer in zip(places, answers, strict=True):
                    outcomes[place] = answer
    return outcomes
