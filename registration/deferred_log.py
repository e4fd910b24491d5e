"""Log entries written when the device has its answer, on a thread of their own.

What can be found out about a refusal takes time that depends on what exists; it must not show in
how long this answer, or the next one on the same connection, takes.
"""

import atexit
import contextlib
import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.utils import timezone

from common.ops.error_log import Outage
from logs.operations import log_writer
from registration.operations.refusal_diagnosis import Refusal, event_of

logger = logging.getLogger(__name__)

Record = log_writer.Event | Refusal

# Waiting at most; with the limits on what is logged one by one, hours of an attack.
_MOST_WAITING = 10_000
_AT_ONCE = 200
_RETRY_SECONDS = 1.0
# Seconds after the answer that a refusal is examined, drawn by lot: the processor is shared.
LATEST = 0.5
_chance = random.SystemRandom()
# For what still waits when the process ends.
_LAST_SECONDS = 3.0


def write(records: Sequence[Record]) -> None:
    """Append them to the log, all or none."""
    events = [event_of(record) if isinstance(record, Refusal) else record for record in records]
    with transaction.atomic():
        log_writer.write(events, timezone.now())


class LateLog:
    """`add` may be called by any thread; the writing one starts with the first entry, so that a
    process that forks before has it, too."""

    def __init__(self, writer: Callable[[Sequence[Record]], None] = write) -> None:
        self._write = writer
        self._waiting: queue.Queue[Record | None] = queue.Queue(_MOST_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._losing = False
        self._outage = Outage("the log of refused registrations over HTTPS")

    def add(self, record: Record) -> None:
        """Never waits. What finds no place is lost, and the server's own log says so once."""
        self._start()
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            if not self._losing:
                logger.error("refused registrations are not logged: the database is too far behind")
            self._losing = True
        else:
            self._losing = False

    def close(self) -> None:
        """Write what waits, for a while, and end."""
        if self._thread is not None:
            with contextlib.suppress(queue.Full):  # the thread has enough to do
                self._waiting.put_nowait(None)
            self._thread.join(_LAST_SECONDS)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="late log", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def _work(self) -> None:
        more = True
        while more:
            records, more = self._take()
            if any(isinstance(record, Refusal) and record.examine for record in records):
                time.sleep(_chance.uniform(0, LATEST))
            while records and not self._written(records):
                time.sleep(_RETRY_SECONDS)
        connection.close()

    def _take(self) -> tuple[list[Record], bool]:
        """Everything that waits, once there is something; false when it was the last."""
        taken = [self._waiting.get()]
        while len(taken) < _AT_ONCE and not self._waiting.empty():
            taken.append(self._waiting.get())
        records = [record for record in taken if record is not None]
        return records, len(records) == len(taken)

    def _written(self, records: Sequence[Record]) -> bool:
        try:
            self._write(records)
        except Exception as error:
            connection.close()
            self._outage.failed(error)
            return False
        self._outage.passed()
        return True
