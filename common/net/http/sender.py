"""Sends the answer of an application to a client, no faster than that reads."""

import logging
from email.utils import formatdate
from enum import Enum, auto

import h11

from common.net.http.answer import Answer, Headers
from common.net.http.exchange import Exchange
from common.net.tcp_transport import PlainTransport

logger = logging.getLogger(__name__)


class Progress(Enum):
    NONE = auto()
    SOME = auto()
    DONE = auto()
    FAILED = auto()  # before anything was sent
    BROKEN = auto()  # in the middle


class Sender:
    """Call `go_on` whenever there may be more to send, and room for it."""

    def __init__(self, exchange: Exchange, answer: Answer, transport: PlainTransport) -> None:
        self._exchange = exchange
        self._answer = answer
        self._transport = transport
        self._begun = False

    def go_on(self) -> Progress:
        """Send what there is, as far as there is room."""
        try:
            return self._go_on()
        except (h11.LocalProtocolError, UnicodeError, OSError) as error:
            logger.error("an answer cannot be sent: %s", type(error).__name__)
            return self._failed()

    def _go_on(self) -> Progress:
        if self._answer.failed:
            return self._failed()
        if not self._answer.begun:
            return Progress.NONE
        parts: list[bytes] = [] if self._begun else [self._head()]
        while not self._transport.congested:
            data = self._answer.read()
            if data is None:
                self._write([*parts, self._exchange.end()])
                return Progress.DONE
            if not data:
                break
            parts.append(self._exchange.data(data))
            self._write(parts)
            parts = []
        self._write(parts)
        return Progress.SOME

    def _head(self) -> bytes:
        headers: Headers = [*self._answer.headers, ("Date", formatdate(usegmt=True))]
        encoded = [_encoded(name, value) for name, value in headers]
        return self._exchange.head(self._answer.status, encoded)

    def _write(self, parts: list[bytes]) -> None:
        if data := b"".join(parts):
            self._begun = True
            self._transport.write(data)

    def _failed(self) -> Progress:
        return Progress.BROKEN if self._begun else Progress.FAILED


def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    """Without the space that Django puts in front of a cookie."""
    return name.encode("latin-1"), value.strip(" \t").encode("latin-1")
