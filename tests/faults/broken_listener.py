"""`manage.py mqtt_listener` with one fault put in on purpose: what the checker must find.

    python -m tests.faults.broken_listener --fault lose-log-entries

The product knows nothing of this: names of its modules are replaced before the command runs.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from logs.reasons import Reason


def answer_before_commit() -> None:
    """And be killed in between, with the third ClientID."""
    from django.db import transaction

    from mqtt.listener import batcher, server

    issued = count(1)

    class Eager(batcher.Batcher):
        def _settle(self, jobs: Sequence[Any]) -> Sequence[Any]:
            with transaction.atomic():
                outcomes = super()._settle(jobs)
                self._answer(jobs, outcomes)
                for job in jobs:
                    job.done = None
                if any(getattr(o, "device_token", "") and next(issued) >= 3 for o in outcomes):
                    time.sleep(0.5)  # the answer leaves on the loop's thread
                    os.kill(os.getpid(), signal.SIGKILL)
            return outcomes

    _replace(server, "Batcher", Eager)


def _replace(where: Any, name: str, by: object) -> None:
    setattr(where, name, by)


def lose_log_entries() -> None:
    """Drop the log entries of registrations."""
    _filter_log(lambda event: [] if event.service_type == "registration" else [event])


def log_twice() -> None:
    _filter_log(lambda event: [event] * (2 if event.service_type == "registration" else 1))


def _filter_log(change: Callable[[Any], list[Any]]) -> None:
    from logs.operations import log_writer

    write = log_writer.write

    def changed(events: Iterable[Any], now: datetime) -> None:
        write([kept for event in events for kept in change(event)], now)

    _replace(log_writer, "write", changed)


def issue_a_sixth() -> None:
    """Past the constraint: the database calls it void, and it works all the same."""
    from devices.credentials import new_client_id, new_device_token, token_digest
    from devices.models import ClientBinding
    from registration.operations import client_id_slots

    def issue(self: Any, device: Any) -> Any:
        client_id, token, now = new_client_id(), new_device_token(), self._now
        ClientBinding.objects.create(
            device_id=device.pk,
            slot=0,
            client_id=client_id,
            token_digest=token_digest(token),
            issued_at=now,
            voided_at=now,
        )
        return client_id_slots.ClientIdIssued(client_id, token)

    _replace(client_id_slots.ClientIds, "issue", issue)
    admit_revoked()


def issue_another_secret() -> None:
    from devices.credentials import new_device_secret
    from registration.operations import register

    hand_out = register._hand_out

    def changed(*arguments: Any) -> Any:
        outcome = hand_out(*arguments)
        if isinstance(outcome, register.SecretIssued):
            return replace(outcome, device_secret=new_device_secret())
        return outcome

    _replace(register, "_hand_out", changed)


def admit_revoked() -> None:
    from devices.operations import authenticate

    refusal = authenticate._refusal

    def lenient(*arguments: Any) -> Reason | None:
        reason = refusal(*arguments)
        return None if reason is Reason.CLIENT_ID_VOID else reason

    _replace(authenticate, "_refusal", lenient)


def keep_revoked_sessions() -> None:
    """Neither when told nor by looking."""
    from mqtt.listener.periodic import Rounds
    from mqtt.listener.revocations import Revocations

    async def nothing(_: Any) -> None:
        """In place of the slow sweep."""

    _replace(Revocations, "apply", lambda self, found: [self._note_id(r.pk, 0.0) for r in found])
    _replace(Rounds, "reconcile", nothing)


def forget_ends_of_sessions() -> None:
    """Those of its own and those of others."""
    from devices.operations.sessions import SessionEnd
    from mqtt.listener import dispatch, liveness

    kept = tuple(entry for entry in dispatch._OPERATIONS if entry[0] is not SessionEnd)
    _replace(dispatch, "_OPERATIONS", kept)
    _replace(liveness.Presence, "bury", lambda _: 0)


FAULTS: dict[str, Callable[[], None]] = {
    "answer-before-commit": answer_before_commit,
    "lose-log-entries": lose_log_entries,
    "log-twice": log_twice,
    "issue-a-sixth": issue_a_sixth,
    "issue-another-secret": issue_another_secret,
    "admit-revoked": admit_revoked,
    "keep-revoked-sessions": keep_revoked_sessions,
    "forget-ends-of-sessions": forget_ends_of_sessions,
}


def main() -> None:
    fault = sys.argv[sys.argv.index("--fault") + 1]
    import django

    django.setup()
    FAULTS[fault]()
    from django.core.management import call_command

    call_command("mqtt_listener")


if __name__ == "__main__":
    main()
