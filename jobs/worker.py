"""The worker: background jobs and periodic rounds, until told to stop."""

import logging
import threading
from collections.abc import Callable
from time import monotonic
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from common.ops.error_log import Outage
from common.ops.periodic_tasks import PeriodicTask, periodic_tasks
from jobs.leases import LEASE, renew
from jobs.rounds import take_turn
from jobs.runner import work

logger = logging.getLogger(__name__)

# A new job is taken up within this.
POLL_SECONDS = 0.2
RARE_SECONDS = 1
RENEW_SECONDS = LEASE.total_seconds() / 3
# What is not finished so long after a request to stop is given up: its transaction never was.
STOP_SECONDS = 1.5


class Worker:
    """`start` it and `stop` it. Each task has a thread, so that a slow one delays no other."""

    def __init__(self) -> None:
        self.owner = uuid4()
        self._stop = threading.Event()
        tasks: list[tuple[str, Callable[[], float]]] = [
            ("background jobs", self._jobs),
            ("renewing leases", self._renew),
            *((task.name, self._round(task)) for task in periodic_tasks()),
        ]
        # Daemons: the interpreter would wait for any other, however long a query takes.
        self._threads = [
            threading.Thread(target=self._repeat, args=task, name=task[0], daemon=True)
            for task in tasks
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when all has ended, or after STOP_SECONDS."""
        self._stop.set()
        deadline = monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - monotonic()))

    def _repeat(self, name: str, act: Callable[[], float]) -> None:
        """`act` returns the seconds until its next turn."""
        outage = Outage(name)
        while not self._stop.is_set():
            try:
                wait = act()
            except Exception as error:
                outage.failed(error)
                connection.close()
                wait = 1.0
            else:
                outage.passed()
            self._stop.wait(wait)
        connection.close()

    def _jobs(self) -> float:
        return 0.0 if work(self.owner, self._stop.is_set) else POLL_SECONDS

    def _renew(self) -> float:
        renew(self.owner, timezone.now())
        return RENEW_SECONDS

    def _round(self, task: PeriodicTask) -> Callable[[], float]:
        def act() -> float:
            try:
                take_turn(task, self.owner)
            finally:
                # Most rounds are rare: a connection each would be held for nothing.
                if task.seconds >= RARE_SECONDS:
                    connection.close()
            return min(task.seconds, LEASE.total_seconds())

        return act
