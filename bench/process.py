"""Programs under measurement: started, watched through /proc with all their children, stopped."""

import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 90
_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
_LISTENS = "0A"


class Tree:
    """A process and what descends from it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def pids(self) -> list[int]:
        children = defaultdict(list)
        for pid, parent in _parents():
            children[parent].append(pid)
        found = [self.pid]
        for pid in found:
            found += children[pid]
        return found

    def parent(self) -> int:
        return int(_stat(self.pid)[1])

    def cpu_seconds(self) -> float:
        """Time on a processor so far: of threads that live to the nanosecond, of children that
        ended to the tick. Threads that ended are missing."""
        return sum(map(_cpu_seconds, self.pids()))

    def resident_bytes(self) -> int:
        return sum(_number(pid, "VmRSS:") for pid in self.pids())

    def peak_bytes(self) -> int:
        """The most that was resident since `forget_peak`; the sum of each process's own most."""
        return sum(_number(pid, "VmHWM:") for pid in self.pids())

    def forget_peak(self) -> None:
        for pid in self.pids():
            with suppress(OSError):
                (_PROC / str(pid) / "clear_refs").write_text("5")


@dataclass(frozen=True, slots=True)
class How:
    """`cores` are those it may run on, if not all; `directory` is where it runs. It is ready once
    `sockets` listen on every port. With `log`, a file, what it says is shown only when it does not
    start."""

    cores: frozenset[int] | None = None
    directory: Path | None = None
    sockets: int = 1
    log: Path | None = None


class Program(Tree):
    """Any command that listens on `ports`. Use it in a `with`."""

    def __init__(
        self,
        command: Sequence[str],
        ports: Sequence[int],
        environment: Mapping[str, str],
        how: How | None = None,
    ) -> None:
        super().__init__(0)
        self._command, self._ports, self._environment = command, ports, environment
        self._how = how or How()

    def __enter__(self) -> Self:
        with on_cores(self._how.cores), ExitStack() as stack:
            log = stack.enter_context(self._how.log.open("wb")) if self._how.log else None
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                self._command,
                env=dict(self._environment),
                cwd=self._how.directory,
                stdin=subprocess.DEVNULL,
                stdout=log or subprocess.DEVNULL,
                stderr=log,
            )
        self.pid = self._process.pid
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

    def kill(self) -> None:
        """kill -9, also of what it started."""
        for pid in reversed(self.pids()):
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        self._process.wait()

    def _await(self, port: int) -> None:
        """Nobody connects for that: it would be a connection more to measure."""
        deadline = time.monotonic() + START_SECONDS
        while _listening(port) < self._how.sockets:
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = self._how.log
                said = log.read_text(errors="replace") if log else ""
                raise RuntimeError(f"{self._command} does not listen on {port}\n{said}")
            time.sleep(0.05)

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=25)
        except subprocess.TimeoutExpired:
            self.kill()


class Server(Program):
    """`python <arguments>`, for the rest the same."""

    def __init__(
        self,
        arguments: Sequence[str],
        ports: Sequence[int],
        environment: Mapping[str, str],
        how: How | None = None,
    ) -> None:
        super().__init__([sys.executable, *arguments], ports, environment, how)


@contextmanager
def on_cores(cores: frozenset[int] | None) -> Iterator[None]:
    """This thread, and what it starts meanwhile, runs on these; on all without."""
    before = os.sched_getaffinity(0)
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_descriptors() -> int:
    """As many as this process may have, also for what it starts; the number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def _parents() -> Iterator[tuple[int, int]]:
    """Every process and its parent."""
    for directory in _PROC.iterdir():
        if directory.name.isdigit():
            with suppress(OSError):
                yield int(directory.name), int(_stat(int(directory.name))[1])


def _listening(port: int) -> int:
    """How many sockets listen on it, of any process."""
    wanted = f"{port:04X}"
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in (_PROC / "net" / table).read_text().splitlines()[1:]
    ]
    return sum(row[1].endswith(":" + wanted) and row[3] == _LISTENS for row in rows)


def _cpu_seconds(pid: int) -> float:
    total = 0.0
    for thread in (_PROC / str(pid) / "task").glob("*/schedstat"):
        with suppress(OSError):
            total += int(thread.read_text().split()[0]) / 1e9
    with suppress(OSError):
        total += sum(map(int, _stat(pid)[13:15])) / _TICK
    return total


def _stat(pid: int) -> list[str]:
    """From the state on: what stands before may hold spaces."""
    return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _number(pid: int, name: str) -> int:
    """Bytes of one line of /proc/PID/status."""
    with suppress(OSError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0
