"""Finding out about refusals, on a thread and at a time of its own.

It takes milliseconds, more or fewer by what exists, in which devices would wait, and by how long
their answers take could tell strangers. So it happens a moment later, which is drawn by lot.
"""

import asyncio
import random
from collections.abc import Callable

from common.ops.error_log import Outage
from logs.operations import log_writer
from mqtt.listener.db_thread import DatabaseThread
from registration.operations.refusal_diagnosis import Refusal, event_of, unexamined

# Seconds after the answer.
LATEST = 0.5
_chance = random.SystemRandom()


class Examiner:
    """Used on the loop's thread. `record` writes what has been found out."""

    def __init__(self, record: Callable[[log_writer.Event | Refusal], None]) -> None:
        self._record = record
        self._loop = asyncio.get_running_loop()
        self._thread = DatabaseThread("examiner")
        self._outage = Outage("examining refusals")
        self._waiting: dict[asyncio.Task[None], Refusal] = {}
        self._stopped = False

    def record(self, record: log_writer.Event | Refusal) -> None:
        """Write it, if it is to be examined then later."""
        if isinstance(record, Refusal) and record.examine and not self._stopped:
            task = self._loop.create_task(self._examine(record))
            self._waiting[task] = record
            task.add_done_callback(lambda done: self._waiting.pop(done, None))
        else:
            self._record(unexamined(record) if isinstance(record, Refusal) else record)

    def stop(self) -> None:
        """Log what was not examined yet as it is."""
        self._stopped = True
        waiting, self._waiting = self._waiting, {}
        for task, refusal in waiting.items():
            task.cancel()
            self._record(unexamined(refusal))
        self._thread.close()

    async def _examine(self, refusal: Refusal) -> None:
        await asyncio.sleep(_chance.uniform(0, LATEST))
        found: log_writer.Event | Refusal = unexamined(refusal)
        try:
            found = await self._thread.call(event_of, refusal)
        except Exception as error:
            self._outage.failed(error)
        else:
            self._outage.passed()
        self._record(found)
