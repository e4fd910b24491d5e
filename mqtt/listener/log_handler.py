"""The process's own log, written by a thread of its own.

Whoever reads standard error may stop reading: a pipe that is full makes a write wait, and with it
would wait the event loop and all devices.
"""

import contextlib
import logging
import os
import queue
import sys
import threading
from time import monotonic, sleep

# Lines that wait for a reader. What comes beyond is lost, and counted.
MOST_WAITING = 2000
_TICK = 0.02


class Unhurried(logging.Handler):
    """Formats at once and never waits. `descriptor` is written to past Python's buffers, whose
    locks the end of the process would wait for."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: queue.Queue[str] = queue.Queue(MOST_WAITING)
        self._lost = 0
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.put_nowait(self.format(record))
        except queue.Full:
            self._lost += 1

    def drain(self, within: float) -> None:
        """Return when all is written, or when time is up."""
        until = monotonic() + within
        while self._lines.unfinished_tasks and monotonic() < until:
            sleep(_TICK)

    def _work(self) -> None:
        while True:
            line = self._lines.get()
            lost, self._lost = self._lost, 0
            if lost:
                line += f"\n{lost} lines were lost: nobody read this log"
            self._write(f"{line}\n".encode(errors="backslashreplace"))
            self._lines.task_done()

    def _write(self, data: bytes) -> None:
        # Neither a full disk nor a reader that is gone is worth more than the line.
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self._descriptor, data) :]


def write_on_a_thread() -> list[Unhurried]:
    """From now on. Returns what writes, to be drained at the end."""
    root = logging.getLogger()
    made: list[Unhurried] = []
    for handler in list(root.handlers):
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            unhurried = Unhurried(sys.stderr.fileno())
            unhurried.setFormatter(handler.formatter)
            unhurried.setLevel(handler.level)
            root.addHandler(unhurried)
            root.removeHandler(handler)
            made.append(unhurried)
    return made
