"""One request and its answer, on h11: bytes in, bytes out, no socket and no clock."""

from collections.abc import Sequence
from enum import Enum, auto
from http import HTTPStatus
from http.client import responses
from typing import IO

import h11

from common.net.http.chunks import ChunkFilter
from common.net.http.request_body import RequestBody, announced_length
from common.net.http.request_head import MAX_HEAD, HeadReader, RequestError, parse_head

Headers = Sequence[tuple[bytes, bytes]]
# Answers without a body, whatever the application says.
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Step(Enum):
    MORE = auto()  # of the request has to come
    LARGE = auto()  # the body is larger than allowed: allow more and `go_on`, or refuse it
    WHOLE = auto()  # the request is there


class Exchange:
    """`feed` it a request until that is WHOLE; then `head`, `data` and `end` make the answer."""

    body: RequestBody

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._head = HeadReader()
        self._chunks: ChunkFilter | None = None
        self._handed_over = False
        self.request: h11.Request | None = None

    # --- the request --------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """Whether anything of a request has come."""
        return self._head.begun or self.request is not None

    @property
    def touched(self) -> bool:
        """The same, or an empty line before it."""
        return self._head.touched or self.request is not None

    @property
    def chunk_lines(self) -> int:
        """Lines of a chunked body's framing so far."""
        return self._chunks.lines if self._chunks else 0

    def feed(self, data: bytes) -> Step:
        """Raises RequestError."""
        if self.request is not None:
            self._feed_body(data)
            return self._receive()
        found = self._head.feed(data)
        if found is None:
            return Step.MORE
        head, rest = found
        self.request = parse_head(self._h11, head)
        self.body = RequestBody(announced_length(self.request))
        if self.body.announced is None:
            self._chunks = ChunkFilter()
        self._feed_body(rest)
        return Step.LARGE if self.body.too_large else self._receive()

    def go_on(self) -> Step:
        """The same after LARGE, when more is allowed, or not. Raises RequestError."""
        return Step.LARGE if self.body.too_large else self._receive()

    def permission(self) -> bytes:
        """The `100 Continue` that some clients await before they send a body."""
        if not self._h11.they_are_waiting_for_100_continue:
            return b""
        return (
            self._h11.send(
                h11.InformationalResponse(status_code=100, headers=[], reason="Continue")
            )
            or b""
        )

    def _feed_body(self, data: bytes) -> None:
        plain = self._chunks.feed(data) if self._chunks else data
        if plain:  # to h11, nothing is the end of the connection
            self._h11.receive_data(plain)

    def _receive(self) -> Step:
        try:
            while isinstance(event := self._h11.next_event(), h11.Data):
                self.body.add(bytes(event.data))
                if self.body.too_large:
                    return Step.LARGE
        except h11.RemoteProtocolError as error:
            raise RequestError(error.error_status_hint) from None
        return Step.WHOLE if isinstance(event, h11.EndOfMessage) else Step.MORE

    # --- the answer ---------------------------------------------------------------------------

    def head(self, status: int, headers: Headers) -> bytes:
        """Raises h11.LocalProtocolError for what is no head."""
        own = list(headers)
        if self._h11.their_state is not h11.DONE:
            own.append((b"Connection", b"close"))
        reason = responses.get(status, "")
        self._bodiless = status in _BODILESS or self._asked_for_head
        event = h11.Response(status_code=status, headers=own, reason=reason)
        return self._h11.send(event) or b""

    def data(self, data: bytes) -> bytes:
        """Raises h11.LocalProtocolError when it is more than the head has announced."""
        return b"" if self._bodiless else self._h11.send(h11.Data(data=data)) or b""

    def end(self) -> bytes:
        """Raises h11.LocalProtocolError when it was less than the head has announced."""
        return self._h11.send(h11.EndOfMessage()) or b""

    @property
    def _asked_for_head(self) -> bool:
        return self.request is not None and self.request.method == b"HEAD"

    def follower(self) -> "tuple[Exchange, bytes] | None":
        """The next exchange, and what has come of it; None when the connection has to be closed."""
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            return None
        return Exchange(), bytes(self._h11.trailing_data[0])

    def hand_over_body(self) -> tuple[int, IO[bytes]]:
        """Its length and the body, which is then the receiver's to close."""
        self._handed_over = True
        return self.body.size, self.body.file()

    def close(self) -> None:
        if self.request is not None and not self._handed_over:
            self.body.close()
