"""The simulator at a terminal: one line per event, and SIGTERM like Ctrl-C."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

from django.core.management.base import OutputWrapper

from registration.simulator.events import Event


class Reporter:
    """Prints events as they happen, whole lines, whichever thread they come from."""

    def __init__(self, output: OutputWrapper, *, as_json: bool) -> None:
        self._output = output
        self._format = self._as_json if as_json else self._as_words
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._output.write(self._format(event))
            self._output.flush()

    @staticmethod
    def _as_words(event: Event) -> str:
        return f"{datetime.now(UTC).astimezone():%H:%M:%S}  {event.device_name}  {event.words}"

    @staticmethod
    def _as_json(event: Event) -> str:
        return json.dumps(
            {
                "at": datetime.now(UTC).isoformat(),
                "device_name": event.device_name,
                "event": event.step.value,
                "client_id": event.client_id,
                "words": event.words,
            },
            ensure_ascii=False,
        )


@contextmanager
def terminate_like_interrupt() -> Iterator[None]:
    """SIGTERM stops the devices the way Ctrl-C does."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
