"""Which revocation concerns whom, without sockets and database."""

from typing import cast
from uuid import UUID

import pytest

from devices.models import Revocation, RevocationReason
from mqtt.listener import revocations as module
from mqtt.listener.revocations import Revocations
from mqtt.listener.session import Identity, Line, Services, Session
from mqtt.listener.sessions import Sessions


class Held:
    """A session that notes why it was cut."""

    def __init__(self, device_id: int = 1, *, revoked_up_to: int = 0, client_id: str = "") -> None:
        who = Identity(
            device_id=device_id,
            product_key="a1FCrJmPpk1",
            device_name="lamp-0001",
            client_id=client_id,
            trace_id="mine",
            listener=UUID(int=1),
            address=None,
            revoked_up_to=revoked_up_to,
        )
        self.session = Session(who, cast("Line", None), cast("Services", None))
        self.reasons: list[str] = []

    def cut(self, reason: str) -> None:
        self.reasons.append(reason)


def revocation(number: int, reason: str = "clear", **keep: str) -> Revocation:
    return Revocation(pk=number, device_id=1, reason=RevocationReason(reason), **keep)


@pytest.mark.parametrize(
    ("written", "cut"),
    [
        (revocation(10), True),
        (revocation(5), False),
        (revocation(10, "switch", keep_client_id="mine"), False),
        (revocation(10, "switch", keep_client_id="other"), True),
        (revocation(10, "takeover", keep_trace_id="mine"), False),
        (revocation(10, "takeover", keep_trace_id="other"), True),
    ],
)
def test_a_revocation_concerns_earlier_sessions_but_for_the_one_it_keeps(
    written: Revocation, cut: bool
) -> None:
    sessions, held = Sessions(), Held(revoked_up_to=5, client_id="mine")
    sessions.admit(held)
    revocations = Revocations(sessions, 0)
    revocations.apply([written])
    assert held.reasons == ([written.reason] if cut else [])
    # One that is still on its way fares the same.
    reason = revocations.against(held.session.identity)
    assert reason == (written.reason if cut else None)


def test_other_devices_are_left_alone() -> None:
    sessions, other = Sessions(), Held(device_id=2)
    sessions.admit(other)
    Revocations(sessions, 0).apply([revocation(1)])
    assert other.reasons == []


def test_ids_that_were_skipped_are_asked_for_until_they_come() -> None:
    revocations = Revocations(Sessions(), 10)
    revocations.apply([revocation(11), revocation(14)])
    assert revocations.last_id == 14
    assert sorted(revocations.late) == [12, 13]
    revocations.apply([revocation(12)])
    assert (revocations.last_id, sorted(revocations.late)) == (14, [13])


def test_a_jump_of_the_sequence_is_not_asked_for() -> None:
    revocations = Revocations(Sessions(), 0)
    revocations.apply([revocation(1_000_000)])
    assert len(revocations.late) <= 500


def test_in_time_skipped_ids_and_old_revocations_are_forgotten() -> None:
    now = [0.0]
    revocations = Revocations(Sessions(), 0, clock=lambda: now[0])
    revocations.apply([revocation(3)])
    waiting = Held().session.identity
    now[0] = 29.0
    revocations.apply([])
    assert revocations.against(waiting) == "clear"
    assert sorted(revocations.late) == [1, 2]
    now[0] = 31.0
    revocations.apply([])
    assert revocations.against(waiting) is None
    assert not revocations.late
    assert not revocations._recent


def test_the_margins_are_wider_than_any_wait_for_a_connack() -> None:
    assert module._REMEMBERED_SECONDS >= 2 * 10
    assert module._LATE_SECONDS >= 10
