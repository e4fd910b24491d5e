"""Natural batching: one thread takes whatever waits and runs it as one transaction.

Alone, a request waits for nothing; in a crowd the commit is shared (crowd.py). Answers go back to
the event loop after the commit, one wake-up per batch. The thread owns its database connection,
replaces it when it breaks, and outlives every error.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic, perf_counter

from django.db import Error as AnyDatabaseError
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from common.ops.error_log import Outage, describe
from common.ops.throttle import Throttle
from devices.operations.refusal import UNPROVEN, Refused
from logs.reasons import Reason
from mqtt.listener.batch_window import Crowd
from mqtt.listener.counters import BatchMeter
from mqtt.listener.db_errors import is_the_databases
from mqtt.listener.dispatch import RECORDS, Outcome, Request, perform
from mqtt.listener.record_buffer import Records

logger = logging.getLogger(__name__)

MAX_BATCH = 200
MAX_WAITING = 4000  # requests; some two seconds of work, and devices give up after five
MAX_RECORDS = 50_000  # records kept while the database is away

MAX_ATTEMPTS = 5  # to write a record that the database refuses

# What a request gets that could not be done; devices are told CONNACK 3.
FAILED = Refused(Reason.SERVER_ERROR)

# Seconds between attempts to write what could not be written.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0

Perform = Callable[[Sequence[Request], datetime], Sequence[Outcome]]
Done = Callable[[Outcome], None]


class Job:
    """A request on its way. Set `cancelled` when nobody wants it done any more."""

    __slots__ = ("attempts", "cancelled", "done", "request")

    def __init__(self, request: Request, done: Done | None) -> None:
        self.request = request
        self.done = done
        self.cancelled = False
        self.attempts = 0


class Batcher:
    """`submit` asks and gets an answer, `record` writes what must not be lost.

    Both are called on the loop's thread, where the answers arrive too.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        run: Perform = perform,
        crowd: Crowd | None = None,
        max_waiting: int = MAX_WAITING,
        max_records: int = MAX_RECORDS,
    ) -> None:
        self._loop = loop
        self._run = run
        self._crowd = crowd or Crowd()
        self.meter = BatchMeter()
        self._warnings = Throttle()
        self._max_waiting = max_waiting
        self._max_records = max_records
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._records = Records(loop, lambda record: self._queue.put(Job(record, None)))
        self._thread = threading.Thread(target=self._work, name="batcher", daemon=True)
        self._finished = asyncio.Event()
        # The worker's own: whether this is the end, and the records that wait for the database.
        self._ending = False
        self._outage = Outage("batcher")
        self._held: deque[Job] = deque()
        self._pause = 0.0
        self._retry_at = 0.0

    @property
    def waiting(self) -> int:
        """Requests that nobody has taken up yet."""
        return self._queue.qsize() + len(self._records)

    @property
    def held(self) -> int:
        """Records that wait for the database to come back."""
        return len(self._held)

    def start(self) -> None:
        self._thread.start()

    async def stop(self, within: float) -> bool:
        """Finish everything that waits. False when `within` seconds were not enough."""
        self._records.hand_over()
        self._queue.put(None)
        try:
            await asyncio.wait_for(self._finished.wait(), within)
        except TimeoutError:
            return False
        self._thread.join()
        return True

    def submit(self, request: Request, done: Done) -> Job | None:
        """`done` gets the outcome after the commit; None when too much waits already."""
        if self._queue.qsize() >= self._max_waiting:
            if self._warnings.take():
                logger.warning(
                    "%d requests wait: devices are told to come again", self._max_waiting
                )
            return None
        job = Job(request, done)
        self._records.before_a_request()
        self._queue.put(job)
        return job

    def record(self, request: Request) -> None:
        """Write it, in a moment; later if need be."""
        if self.waiting < self._max_records:
            self._records.add(request)
        elif self._warnings.take():
            logger.warning("%d requests wait: log entries are lost", self._max_records)

    # --- the worker's thread ------------------------------------------------------------------

    def _work(self) -> None:
        while not (self._ending and self._queue.empty()):
            self._turn()
        # One last attempt to write what is held, for as long as it gets fewer.
        held = self._max_records + 1
        while 0 < len(self._held) < held:
            held = len(self._held)
            self._turn()
        if self._held:
            logger.error("database away at the end: %d records were dropped", len(self._held))
        connection.close()
        with contextlib.suppress(RuntimeError):  # the loop may be gone already
            self._loop.call_soon_threadsafe(self._finished.set)

    def _turn(self) -> None:
        jobs = self._take()
        if not jobs:
            return
        began = perf_counter()
        outcomes: Sequence[Outcome] = [FAILED] * len(jobs)
        try:
            outcomes = self._settle(jobs)
        except Exception as error:
            logger.error("batcher: %s", describe(error))
        took = perf_counter() - began
        self._crowd.came(sum(map(_makes_a_crowd, jobs, outcomes)))
        self._answer(jobs, outcomes)
        self.meter.add([job.request for job in jobs], outcomes, took)

    def _take(self) -> list[Job]:
        """Wait for one job, or until held records are due; then take all that wait."""
        jobs: list[Job] = []
        with contextlib.suppress(queue.Empty):
            job = self._queue.get(timeout=self._patience())
            if not self._ending:
                self._crowd.gather(self._queue.qsize)
            while True:
                if job is None:
                    self._ending = True
                elif not job.cancelled:
                    jobs.append(job)
                if len(jobs) >= MAX_BATCH:
                    break
                job = self._queue.get_nowait()
        if self._ending or monotonic() >= self._retry_at:
            jobs += [self._held.popleft() for _ in range(min(len(self._held), MAX_BATCH))]
        return jobs

    def _patience(self) -> float | None:
        """Seconds to wait for a job; None is for ever."""
        if self._ending:
            return 0.0
        return max(0.0, self._retry_at - monotonic()) if self._held else None

    def _settle(self, jobs: Sequence[Job]) -> Sequence[Outcome]:
        try:
            outcomes = self._run([job.request for job in jobs], timezone.now())
        except Exception as error:
            logger.debug("batch of %d failed: %s", len(jobs), describe(error))
            connection.close()
            return self._one_by_one(jobs)
        self._pause = self._retry_at = 0.0
        self._outage.passed()
        return outcomes

    def _one_by_one(self, jobs: Sequence[Job]) -> list[Outcome]:
        """A transaction for each, so that one bad request fails alone."""
        outcomes: list[Outcome] = []
        for place, job in enumerate(jobs):
            if job.cancelled:  # whoever asked has not waited
                outcomes.append(FAILED)
                continue
            try:
                outcomes += self._run([job.request], timezone.now())
            except Exception as error:
                connection.close()
                lost = isinstance(error, OperationalError | InterfaceError)
                if is_the_databases(error) or (lost and not self._database_answers()):
                    self._outage.failed(error)
                    return outcomes + [self._give_up(other) for other in jobs[place:]]
                outcomes.append(self._fail(job, error, again=lost))
        return outcomes

    def _give_up(self, job: Job) -> Outcome:
        """There is no database: a device is told to come again, a record waits."""
        if isinstance(job.request, RECORDS):
            self._hold(job)
        return FAILED

    def _fail(self, job: Job, error: Exception, *, again: bool) -> Outcome:
        """The database refuses just this one; a record may have met a lock, so it has some more
        attempts."""
        job.attempts += 1
        if again and isinstance(job.request, RECORDS) and job.attempts < MAX_ATTEMPTS:
            self._hold(job)
        else:
            kind, trace_id = type(job.request).__name__, job.request.trace_id
            told = {"trace_id": trace_id}
            logger.error("%s %s failed: %s", kind, trace_id, describe(error), extra=told)
        return FAILED

    def _hold(self, job: Job) -> None:
        if len(self._held) >= self._max_records:
            self._held.popleft()
            logger.error("database away for too long: a record was dropped")
        self._held.append(job)
        if self._retry_at <= monotonic():
            self._pause = min(max(2 * self._pause, _FIRST_PAUSE), _LONGEST_PAUSE)
            self._retry_at = monotonic() + self._pause

    def _database_answers(self) -> bool:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except AnyDatabaseError:
            connection.close()
            return False
        return True

    def _answer(self, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> None:
        answers = [
            (job.done, outcome) for job, outcome in zip(jobs, outcomes, strict=True) if job.done
        ]
        if answers:
            with contextlib.suppress(RuntimeError):  # the loop may be gone already
                self._loop.call_soon_threadsafe(_deliver, answers)


def _makes_a_crowd(job: Job, outcome: Outcome) -> bool:
    """Records wait for nobody's company: one device that comes and goes is no crowd. Nor do
    strangers make one, or a few hundred bad signatures would have everybody wait."""
    unproven = isinstance(outcome, Refused) and outcome.reason in UNPROVEN
    return job.done is not None and not unproven


def _deliver(answers: Sequence[tuple[Done, Outcome]]) -> None:
    for done, outcome in answers:
        try:
            done(outcome)
        except Exception as error:
            logger.error("answer not delivered: %s", describe(error))
