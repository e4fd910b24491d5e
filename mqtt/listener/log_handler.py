"""The process's own log, written by a thread of its own.

The reader of standard error may stop reading. A full pipe blocks the write, and without the thread
it would block the event loop and all devices too.
"""

import contextlib
import logging
import os
import queue
import sys
from logging.handlers import QueueHandler, QueueListener
from time import monotonic, sleep

# Lines that wait for a reader. Further ones are lost, and counted.
MOST_WAITING = 2000
_TICK = 0.02

Lines = queue.Queue[logging.LogRecord]


class QueuedHandler(QueueHandler):
    """Formats at once and never waits."""

    def __init__(self, descriptor: int) -> None:
        self._lines: Lines = queue.Queue(MOST_WAITING)
        super().__init__(self._lines)
        self._writer = _Writer(self._lines, descriptor)
        self._writer.start()

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Count the line as lost, because the queue is full or the line cannot be formatted.

        The standard library would print a traceback to standard error, and wait for its reader.
        """
        self._writer.lost += 1

    def drain(self, within: float) -> None:
        """Return when all is written, or when time is up."""
        until = monotonic() + within
        while self._lines.unfinished_tasks and monotonic() < until:
            sleep(_TICK)


class _Writer(QueueListener):
    """Writes past Python's buffers and without another handler. The end of the process would wait
    for the locks of both."""

    def __init__(self, lines: Lines, descriptor: int) -> None:
        super().__init__(lines)
        self._descriptor = descriptor
        self.lost = 0

    def handle(self, record: logging.LogRecord) -> None:
        lost, self.lost = self.lost, 0
        text = f"{record.msg}\n"
        if lost:
            text += f"lines lost: {lost}, not read in time or faulty\n"
        data = text.encode(errors="backslashreplace")
        # Neither a full disk nor a reader that is gone is worth more than the line.
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self._descriptor, data) :]


def write_on_a_thread() -> list[QueuedHandler]:
    """Replace what writes to standard error, from now on. Drain the handlers at the end."""
    root = logging.getLogger()
    made: list[QueuedHandler] = []
    for handler in list(root.handlers):
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            queued = QueuedHandler(sys.stderr.fileno())
            queued.setFormatter(handler.formatter)
            queued.setLevel(handler.level)
            root.addHandler(queued)
            root.removeHandler(handler)
            made.append(queued)
    return made
