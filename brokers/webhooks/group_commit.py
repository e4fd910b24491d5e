"""Requests of several threads in one transaction: whoever's turn it is takes all that wait.

Alone, a request waits for nothing. While one transaction commits, the others gather, and the first
of them takes them all; so the commit is shared as in the listener, without a thread of its own.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from common.ops.error_log import Outage
from devices.operations.authenticate import ConnectionRequest, Outcome, authenticate
from devices.operations.refusal import Refused
from logs.reasons import Reason

Authenticate = Callable[[Sequence[ConnectionRequest], datetime], Sequence[Outcome]]
FAILED = Refused(Reason.SERVER_ERROR)


class Job:
    __slots__ = ("outcome", "request")

    def __init__(self, request: ConnectionRequest) -> None:
        self.request = request
        self.outcome: Outcome | None = None


class GroupCommit:
    def __init__(self, run: Authenticate = authenticate) -> None:
        self._run = run
        self._outage = Outage("broker webhooks")
        self._waiting: deque[Job] = deque()
        self._turn = threading.Lock()

    def ask(self, request: ConnectionRequest) -> Outcome:
        """Committed when it returns. Refused("server_error") when the database cannot be asked."""
        job = Job(request)
        self._waiting.append(job)
        with self._turn:
            if job.outcome is None:
                self._settle([self._waiting.popleft() for _ in range(len(self._waiting))])
        return job.outcome or FAILED

    def _settle(self, jobs: Sequence[Job]) -> None:
        if len(jobs) > 1 and self._try(jobs):
            return
        for job in jobs:  # each alone, so that a bad one fails alone
            if not self._try([job]):
                job.outcome = FAILED

    def _try(self, jobs: Sequence[Job]) -> bool:
        try:
            with transaction.atomic():
                outcomes = self._run([job.request for job in jobs], timezone.now())
        except Exception as error:
            self._outage.failed(error)
            connection.close_if_unusable_or_obsolete()
            return False
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.outcome = outcome
        self._outage.passed()
        return True
