"""One device's side of a connection: prepared bytes out, the answer that counts back, no more.

Non-blocking and without a library on top, so that a device costs the load far less than the server.
"""

import contextlib
import itertools
import socket
import struct
import time
from dataclasses import dataclass

from bench import tls13
from protocol import mqtt

ACCEPTED = mqtt.connack(mqtt.CONNACK_ACCEPTED)
_PUBLISH_AT_QOS_0 = 0x30
_READ = 16 * 1024
# Not in Python's socket module: the kernel chooses the port only when it knows the peer, so that
# ports in TIME_WAIT towards others do not count.
_IP_BIND_ADDRESS_NO_PORT = 24
_RESET = struct.pack("ii", 1, 0)
# One address has 28,000 ports, and each rests for a minute after its connection.
_sources = itertools.cycle([f"127.0.1.{number}" for number in range(1, 65)])


class TalkError(Exception):
    """The conversation did not go as it must; the text says how, without what was sent."""


@dataclass(frozen=True, slots=True)
class Target:
    """A port on loopback, and whether it speaks TLS."""

    port: int
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """Send `request`; CONNACK 0 answers it and, where it registers `name`, a push on `topic`."""

    request: bytes
    topic: bytes = b""
    name: str = ""


class Talk:
    """Opened at once. Call `advance` when the socket is ready, until it returns True.

    Every method raises TalkError or OSError when it cannot end well any more.
    """

    __slots__ = ("_socket", "answer", "answered", "conversation", "started", "wants_write")

    def __init__(self, target: Target, conversation: Conversation) -> None:
        self.conversation = conversation
        self.answer = b""
        self.answered = False
        self.started = time.perf_counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            self._socket.bind((next(_sources), 0))
            self._socket.connect_ex(("127.0.0.1", target.port))
            self._prepare()
            # Over loopback the connection stands already, unless the server's backlog is full.
            self.wants_write = not self._open()
        except BaseException:
            self._socket.close()
            raise

    def fileno(self) -> int:
        return self._socket.fileno()

    def advance(self) -> bool:
        """Whether the answer is there, whole and right as far as can be told without reading it."""
        if self.wants_write:
            self.wants_write = not self._open()
            return False
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return False
        if not data:
            raise TalkError("closed by the server")
        self._take(data)
        self.answered = self.answered or _is_whole(self.answer, self.conversation)
        return self.answered

    def close(self) -> None:
        """As devices do: DISCONNECT, then close."""
        with contextlib.suppress(OSError):
            self._socket.send(self._farewell())
        self._socket.close()

    def reset(self) -> None:
        """As a network that breaks: no word, and no port left resting."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._socket.close()

    # --- plain; TLS replaces these ------------------------------------------------------------
    def _prepare(self) -> None:
        """Before the first byte is sent."""

    def _open(self) -> bool:
        """Send what comes first; False while the connection does not stand."""
        return self._send(self.conversation.request)

    def _take(self, data: bytes) -> None:
        self.answer += data

    def _farewell(self) -> bytes:
        return mqtt.DISCONNECT

    def _send(self, data: bytes) -> bool:
        """All or nothing: what is sent here is small, and a new socket's buffer is not."""
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            return False
        if sent != len(data):
            raise TalkError("the socket takes no more")
        return True


class TlsTalk(Talk):
    """The same over TLS, with a full handshake."""

    __slots__ = ("_tls",)

    def _prepare(self) -> None:
        self._tls = tls13.Client()

    def _open(self) -> bool:
        return self._send(tls13.HELLO)

    def _take(self, data: bytes) -> None:
        shaken = self._tls.ready
        try:
            self.answer += self._tls.feed(data)
        except tls13.TlsError as error:
            raise TalkError(str(error)) from error
        if self._tls.ready and not shaken:
            # Leaves together with the end of the handshake.
            self._send(self._tls.finished + self._tls.seal(self.conversation.request))

    def _farewell(self) -> bytes:
        return self._tls.seal(mqtt.DISCONNECT) + self._tls.close()


def begin(target: Target, conversation: Conversation) -> Talk:
    """Raises OSError or TalkError."""
    return TlsTalk(target, conversation) if target.tls else Talk(target, conversation)


def _is_whole(answer: bytes, conversation: Conversation) -> bool:
    """CONNACK 0 alone, or with one PUBLISH on the right topic behind it."""
    if answer[:4] != ACCEPTED[: len(answer)]:
        raise TalkError(f"CONNACK {answer[3]}" if answer[:1] == ACCEPTED[:1] else "no CONNACK")
    if not conversation.topic or len(answer) < 7:
        return not conversation.topic and len(answer) == len(ACCEPTED)
    body, start = answer[5], 6
    if body > 0x7F:
        body, start = body & 0x7F | answer[6] << 7, 7
    if answer[4] != _PUBLISH_AT_QOS_0 or len(answer) > start + body:
        raise TalkError("something else than one push")
    if len(answer) < start + body:
        return False
    topic = struct.pack("!H", len(conversation.topic)) + conversation.topic
    if not answer.startswith(topic, start):
        raise TalkError("a push on another topic")
    return True


def pushed(answer: bytes, conversation: Conversation) -> bytes:
    """The payload of the push, once `advance` has returned True."""
    start = 6 if answer[5] <= 0x7F else 7
    return answer[start + 2 + len(conversation.topic) :]
