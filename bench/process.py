"""A server process under measurement: started, watched through /proc, stopped by its pid."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 20
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Server:
    """`python <arguments>`, ready once every port accepts. Use it in a `with`."""

    def __init__(
        self, arguments: Sequence[str], ports: Sequence[int], environment: Mapping[str, str]
    ) -> None:
        self._command = [sys.executable, *arguments]
        self._ports, self._environment = ports, environment

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            self._command, env=dict(self._environment), stdout=subprocess.DEVNULL
        )
        try:
            for port in self._ports:
                self._await(port)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop()

    def cpu_seconds(self) -> float:
        """Time on a processor so far, of all threads that live; the kernel counts nanoseconds."""
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def resident_bytes(self) -> int:
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * _PAGE

    def _await(self, port: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self._command} does not listen on {port}") from None
                time.sleep(0.05)
            else:
                return

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
