"""The answer of a WSGI application, handed from its thread to the event loop.

The thread writes as fast as it can and the loop sends as fast as the client reads. Between them
lies a buffer, on disk once it is large: a slow client holds no thread, up to MAX_AHEAD bytes.
"""

import tempfile
import threading
from collections.abc import Callable, Iterable
from typing import IO, Any, Protocol, cast

from common.net.http.environ import Environ

PORTION = 16 * 1024
_IN_MEMORY = 256 * 1024
# Bytes a thread may be ahead of its client; then it waits until all of them are sent.
MAX_AHEAD = 32 * 1024 * 1024

Application = Callable[..., Iterable[bytes]]
Headers = list[tuple[str, str]]


class ClientGoneError(Exception):
    """Nobody is there any more to be answered."""


class FileWrapper:
    """`wsgi.file_wrapper`: a file is read by the loop, whose thread waits for no client."""

    def __init__(self, file: IO[bytes], block_size: int = PORTION) -> None:
        self.file = file
        self.block_size = block_size

    def __iter__(self) -> "FileWrapper":
        return self

    def __next__(self) -> bytes:
        if data := self.file.read(self.block_size):
            return data
        raise StopIteration

    def close(self) -> None:
        if hasattr(self.file, "close"):
            self.file.close()


class _Closable(Protocol):
    def close(self) -> None: ...


class Answer:
    """Written by one thread with `begin`, `write` and `end`; read by the loop with `read`."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """`wake` is called on the thread whenever there may be more to read."""
        self._wake = wake
        self._lock = threading.Condition()
        self._buffer: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self._written = self._read = 0
        self._closed = False
        self.status = 0
        self.headers: Headers = []
        self.begun = False
        self.failed = False
        self.complete = False
        self.file: FileWrapper | None = None

    # --- the thread ---------------------------------------------------------------------------

    def begin(self, status: int, headers: Headers) -> None:
        self.status, self.headers = status, headers

    def write(self, data: bytes) -> None:
        """Raises ClientGoneError."""
        if not data:
            return
        with self._lock:
            if self._written - self._read + len(data) > MAX_AHEAD:
                self._lock.wait_for(lambda: self._closed or self._read == self._written)
            if self._closed:
                raise ClientGoneError
            self._buffer.seek(self._written)
            self._buffer.write(data)
            self._written += len(data)
            self.begun = True
        self._wake()

    def end(self, file: FileWrapper | None = None) -> None:
        """The answer is complete but for a `file` that follows. Raises ClientGoneError."""
        with self._lock:
            if self._closed:
                raise ClientGoneError
            self.file = file
            self.begun = self.complete = True
        self._wake()

    def fail(self) -> None:
        """The application failed: the answer is none, or stops in its middle."""
        with self._lock:
            self.failed = True
        self._wake()

    # --- the loop -----------------------------------------------------------------------------

    def read(self) -> bytes | None:
        """Up to a portion; empty when more has to be written first; None at the end."""
        with self._lock:
            if self._read < self._written:
                return self._from_buffer()
            if not self.complete:
                return b""
        return (self.file.file.read(PORTION) or None) if self.file else None

    def _from_buffer(self) -> bytes:
        self._buffer.seek(self._read)
        data = self._buffer.read(PORTION)
        self._read += len(data)
        if self._read == self._written:
            self._buffer.seek(0)
            self._buffer.truncate()
            self._read = self._written = 0
            self._lock.notify()
        return data

    def close(self) -> None:
        """Nothing is read any more, and whoever writes learns of it."""
        with self._lock:
            self._closed = True
            self._buffer.close()
            self._lock.notify()


def run(application: Application, environ: Environ, answer: Answer) -> None:
    """On a thread: the application's answer to one request. Raises what the application raises."""

    def start_response(status: str, headers: Headers, exc_info: Any = None) -> Callable[..., None]:
        if exc_info and answer.begun:
            raise exc_info[1].with_traceback(exc_info[2])
        answer.begin(int(status[:3]), headers)
        return answer.write

    environ["wsgi.file_wrapper"] = FileWrapper
    parts: Iterable[bytes] | None = None
    try:
        parts = application(environ, start_response)
        if isinstance(parts, FileWrapper):
            answer.end(parts)
            parts = None  # closed when it has been sent
            return
        for part in parts:
            answer.write(part)
        answer.end()
    except ClientGoneError:
        pass
    except BaseException:
        answer.fail()
        raise
    finally:
        environ["wsgi.input"].close()
        if hasattr(parts, "close"):
            cast("_Closable", parts).close()
