"""The framing of chunked bodies (RFC 9112 7.1), bounded, before h11 sees it.

h11 matches chunk lines and trailers by expressions that take quadratic time for some. Here each
byte is looked at once; what goes on is one plain chunk for each piece that came.
"""

import re
from enum import Enum, auto

from common.net.http.request_head import RequestError

_MAX_LINE = 1024
_MAX_TRAILERS = 8 * 1024
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n\0]*)?\r?\n")
_BLANK = (b"\r\n", b"\n")


class _Expects(Enum):
    SIZE = auto()
    DATA = auto()
    END_OF_DATA = auto()
    TRAILER = auto()
    NOTHING = auto()


class ChunkFilter:
    """`feed` it what comes behind a head; it drops extensions and trailers."""

    def __init__(self) -> None:
        self._expects = _Expects.SIZE
        self._line = b""
        self._left = 0
        self._trailers = 0
        self.lines = 0  # read so far: each costs as much as some hundred bytes of data

    def feed(self, received: bytes) -> bytes:
        """The same as one chunk, then the end of the body if it has come, then what follows.

        Raises RequestError.
        """
        data, at = bytearray(), 0
        while at < len(received) and self._expects is not _Expects.NOTHING:
            if self._expects is _Expects.DATA:
                part = received[at : at + self._left]
                data += part
                self._count(len(part))
                at += len(part)
            else:
                at = self._take_line(received, at)
        chunk = b"%x\r\n%s\r\n" % (len(data), data) if data else b""
        if self._expects is not _Expects.NOTHING:
            return chunk
        if self._trailers >= 0:  # said once
            self._trailers = -1
            chunk += b"0\r\n\r\n"
        return chunk + received[at:]

    def _count(self, size: int) -> None:
        self._left -= size
        if not self._left:
            self._expects = _Expects.END_OF_DATA

    def _take_line(self, received: bytes, at: int) -> int:
        """Go on with a line at `at`; where it ends."""
        end = received.find(b"\n", at, at + _MAX_LINE) + 1
        self._line += received[at : end or at + _MAX_LINE]
        if len(self._line) > _MAX_LINE or (not end and len(received) - at >= _MAX_LINE):
            raise RequestError(400)
        if not end:
            return len(received)
        line, self._line = self._line, b""
        self.lines += 1
        self._end_line(line)
        return end

    def _end_line(self, line: bytes) -> None:
        if self._expects is _Expects.SIZE:
            self._begin_chunk(line)
        elif self._expects is _Expects.END_OF_DATA:
            if line not in _BLANK:
                raise RequestError(400)
            self._expects = _Expects.SIZE
        elif line in _BLANK:
            self._expects = _Expects.NOTHING
        else:
            self._trailers += len(line)
            if self._trailers > _MAX_TRAILERS:
                raise RequestError(431)

    def _begin_chunk(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            raise RequestError(400)
        self._left = int(found[1], 16)
        self._expects = _Expects.DATA if self._left else _Expects.TRAILER
