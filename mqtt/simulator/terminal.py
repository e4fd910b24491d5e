"""The simulator at a terminal: one line per event, and how it is stopped."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

from django.core.management.base import OutputWrapper

from mqtt.simulator.events import Event


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
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set `stop`; a second one ends the process the usual way.

    A handler that raised would break `Thread.join` and leave devices without a goodbye.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(_: int, __: FrameType | None) -> None:
        stop.set()
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        restore()
