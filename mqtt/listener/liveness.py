"""This process among its peers: it says that it lives, and buries those that do not.

Two signs tell of a dead listener: its heartbeat no longer changes (watch.py), or, on this host, the
lock on its file in DATA_DIR/listeners can be taken, because the kernel drops it with the process
however that ends.

A device is Offline within 30 seconds of the death of its listener, wherever that was: its last
heartbeat is seen within one look, is the same for SILENCE_SECONDS, and is found so by the next
look. That leaves five seconds to a database that is slow.
"""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.utils import timezone

from devices.operations import sessions
from logs.reasons import Reason
from mqtt.listener.heartbeats import Watch

HEARTBEAT_SECONDS = 5.0
BURY_SECONDS = 2.5
# Not as often: on a day of which the planner knows nothing, it reads all live sessions.
BURY_UNANNOUNCED_SECONDS = 10.0


class LockFile:
    """A locked file named after a listener, for as long as the listener lives."""

    def __init__(self, directory: Path, listener: UUID) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = directory / f"{listener}.lock"
        # Locked before it has its name, or a peer could take the lock in between.
        unnamed = directory / f".{listener}"
        self._descriptor = os.open(unnamed, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        unnamed.rename(self.path)

    def release(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


@contextlib.contextmanager
def _abandoned(file: Path) -> Iterator[bool]:
    """Whether nobody holds the lock of `file`; if so, we do meanwhile."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _listener_of(file: Path) -> UUID | None:
    """None for a file that is none of ours."""
    try:
        return UUID(file.stem)
    except ValueError:
        return None


class Presence:
    """Blocking database calls; run them on a database thread."""

    def __init__(self, listener: UUID, directory: Path) -> None:
        self.listener = listener
        self._directory = directory
        self._watch = Watch()
        self._lock = LockFile(directory, listener)

    def announce(self) -> None:
        """Bury the dead, then appear among the living."""
        self.bury()
        self.bury_unannounced()
        sessions.start_listener(
            self.listener, socket.gethostname()[:255], os.getpid(), timezone.now()
        )
        self._watch.spoke()

    def beat(self) -> bool:
        """False when peers took this listener for dead and ended its sessions; it is announced
        again then, and must check which sessions it still may hold."""
        if sessions.heartbeat(self.listener):
            self._watch.spoke()
            return True
        self.announce()
        return False

    def bury(self) -> int:
        """End the sessions of dead listeners; returns how many ended."""
        now = timezone.now()
        silent = set(self._watch.silent(sessions.heartbeats())) - {self.listener}
        ended = sum(sessions.bury_listener(listener, now) for listener in silent)
        return ended + sum(map(self._bury_killed, self._directory.glob("*.lock")))

    def bury_unannounced(self) -> int:
        """The same of those whose last transaction was committed after they had been buried."""
        now = timezone.now()
        lost = set(sessions.lost_listeners()) - {self.listener}
        return sum(sessions.bury_listener(listener, now) for listener in lost)

    def leave(self) -> int:
        """End what sessions there are and be forgotten; returns how many ended."""
        now = timezone.now()
        return sessions.bury_listener(self.listener, now, reason=Reason.SERVER_STOPPED)

    def release(self) -> None:
        """Last of all: from now on others may take this listener for dead."""
        self._lock.release()

    def _bury_killed(self, file: Path) -> int:
        listener = _listener_of(file)
        if listener is None or listener == self.listener:
            return 0
        with _abandoned(file) as abandoned:
            if not abandoned:
                return 0
            ended = sessions.bury_listener(listener, timezone.now())
            file.unlink(missing_ok=True)
            return ended
