"""Files that hold secrets or must never be seen half written. Standard library only."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def write_atomically(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace `file` in one step, on disk before it gets its name; by default for its owner only.

    Raises OSError and leaves neither a changed `file` nor a remnant.
    """
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as output:
            os.fchmod(descriptor, mode)
            output.write(content)
            output.flush()
            os.fsync(descriptor)
        Path(temporary).rename(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Wait for, and hold, the lock of `directory`. It ends with the process, however that ends."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
