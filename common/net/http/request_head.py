"""Heads of HTTP/1 requests: found in what arrives, limited, and parsed once by h11."""

import re

import h11

MAX_HEAD = 64 * 1024
MAX_HEADERS = 100

_END = re.compile(rb"\n\r?\n")
_LENGTHS = re.compile(rb"(?im)^content-length:")
_ENCODING = re.compile(rb"(?im)^transfer-encoding:")
# What h11's expressions fail at in a header takes them quadratic time, so that none of it gets
# there: bytes that no value may have, and lines that go on with the one before (RFC 9112 5.2).
_FORBIDDEN = re.compile(rb"[\0\x0b\x0c]|\r(?!\n)|\n[ \t]")
_LISTED_LENGTH = re.compile(rb"(?im)^content-length:[^\r\n]*,")


class RequestError(Exception):
    """A request is refused before the application sees it; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class HeadReader:
    """Collects a head of at most MAX_HEAD bytes; each byte is looked at once."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._lines = 0
        self.touched = False  # whether anything has come, were it an empty line

    @property
    def begun(self) -> bool:
        return bool(self._received)

    def feed(self, data: bytes) -> tuple[bytes, bytes] | None:
        """The head with its blank line, and what follows it; None while more has to come.

        Raises RequestError.
        """
        self.touched = True
        if not self._received:
            data = data.lstrip(b"\r\n")  # RFC 9112 2.2: some clients end a body with a line
        before = len(self._received)
        self._received += data
        end = _END.search(self._received, max(0, before - 2))
        size = end.end() if end else len(self._received)
        self._lines += self._received.count(b"\n", before, size)
        self._check(size)
        return self._taken(size) if end else None

    def _check(self, size: int) -> None:
        if size > MAX_HEAD:
            raise RequestError(431 if self._lines else 414)
        if self._lines > MAX_HEADERS + 2:  # the request line and the blank one
            raise RequestError(431)

    def _taken(self, size: int) -> tuple[bytes, bytes]:
        head, rest = bytes(self._received[:size]), bytes(self._received[size:])
        self._received, self._lines, self.touched = bytearray(), 0, False
        return head, rest


def parse_head(connection: h11.Connection, head: bytes) -> h11.Request:
    """Parse with a fresh h11 `connection`. Raises RequestError.

    A body has one length. Of two, of a list, or of a length beside chunks, a proxy in front might
    believe the other one (RFC 9112 6.3).
    """
    lengths = len(_LENGTHS.findall(head))
    if lengths > 1 or (lengths and _ENCODING.search(head)) or _LISTED_LENGTH.search(head):
        raise RequestError(400)
    if _FORBIDDEN.search(head):
        raise RequestError(400)
    connection.receive_data(head)
    try:
        request = connection.next_event()
    except h11.RemoteProtocolError as error:
        raise RequestError(error.error_status_hint) from None
    if not isinstance(request, h11.Request):
        raise RequestError(400)
    return request
