"""The unmodified Python Link SDK as a test sees it: orders in, events out, in its own process."""

import json
import queue
import threading
from pathlib import Path
from typing import Any

from tests.processes import Listener
from tests.sdk.driver import start

_DRIVER = Path(__file__).with_name("linkkit_device.py")
# The SDK waits a second, then two, then more between attempts.
PATIENCE_SECONDS = 60.0

Happening = dict[str, Any]


class LinkkitDevice:
    """One device; close it, or use it as a context manager."""

    def __init__(self, python: Path, log: Path) -> None:
        self._events: queue.Queue[Happening] = queue.Queue()
        self._seen: list[Happening] = []
        self._log = log
        self._process, self._orders, self._answers = start(python, _DRIVER, log)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "LinkkitDevice":
        return self

    def power_off(self) -> None:
        """It says no goodbye, and does not come back."""
        self._process.kill()
        self._process.wait()

    def __exit__(self, *_: object) -> None:
        self.power_off()
        self._reader.join()
        self._orders.close()
        self._answers.close()

    def start(self, listener: Listener, **identity: str | int | None) -> None:
        """Register (with `auth_type`) or connect; names are those of LinkKit's constructor."""
        self.order(
            "start",
            host="localhost",
            port=listener.mqtts_port,
            ca=listener.ca_file.read_text(),
            **{"device_secret": "", **identity},
        )

    def order(self, what: str, **details: Any) -> None:
        self._orders.write(json.dumps({"do": what, **details}) + "\n")
        self._orders.flush()

    def expect(self, event: str) -> Happening:
        """The next `event`, waited for; others that come before it are passed over."""
        while True:
            try:
                happening = self._events.get(timeout=PATIENCE_SECONDS)
            except queue.Empty:
                raise AssertionError(self._without(event)) from None
            self._seen.append(happening)
            if happening["event"] == event:
                return happening
            assert happening["event"] != "ended", self._without(event)

    def _without(self, event: str) -> str:
        return f"no {event!r} after {self._seen}; the SDK said:\n{self._log.read_text()}"

    def _read(self) -> None:
        for line in self._answers:
            self._events.put(json.loads(line))
        self._events.put({"event": "ended"})
