"""The body of a request on its way in: how much may come, until when, and where it is kept."""

import io
import os
import tempfile
from typing import IO

import h11

# Anybody may send so much. For more the application is asked who sends it.
SMALL = 64 * 1024
# In all a body in memory, beyond in a file without a name.
_IN_MEMORY = 1024 * 1024
# Seconds for a small request, and more for each so many bytes of a larger one, at most.
REQUEST_WITHIN = 10.0
_BYTES_PER_SECOND = 32 * 1024
_LARGE_WITHIN = 600.0


class RequestBody:
    """`allowed` bytes may come. `announced` is None for a chunked body, of a length yet unknown."""

    def __init__(self, announced: int | None) -> None:
        self.announced = announced
        self.allowed = SMALL
        # Whether so much is read, and then it is decided about the rest.
        self.is_sample = False
        self.size = 0
        self._file: IO[bytes] | None = None

    @property
    def too_large(self) -> bool:
        expected = 0 if self.is_sample else self.announced or 0
        return max(self.size, expected) > self.allowed

    def start(self) -> bytes:
        """Its first bytes, as far as they are here."""
        return self.file().read(SMALL)

    @property
    def seconds(self) -> float:
        """How long an allowed body may take."""
        expected = self.announced if self.announced is not None else self.allowed
        return min(REQUEST_WITHIN + expected / _BYTES_PER_SECOND, _LARGE_WITHIN)

    def add(self, data: bytes) -> None:
        self.size += len(data)
        if self._file is None:
            self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self._file.seek(0, os.SEEK_END)
        self._file.write(data)

    def refuse(self) -> None:
        """Keep none of it, and report a length that whoever answers refuses."""
        self.size = max(self.announced or 0, self.size, self.allowed + 1)
        self.close()

    def file(self) -> IO[bytes]:
        """From its beginning."""
        if self._file is None:
            return io.BytesIO()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def announced_length(request: h11.Request) -> int | None:
    """Return the length of a request's body in bytes; None for a chunked one."""
    for name, value in request.headers:
        if name == b"content-length":
            return int(value)
        if name == b"transfer-encoding":
            return None
    return 0
