"""TLS as the listener ends it: the handshake step by step, what protocols are told, the goodbye."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from common.net.tls_transport import Begin, TlsTransport
from mqtt.listener.connection import Connection
from registration.pki import CA_CERTIFICATE
from tests.common.net.lines import Heard, Line

# More than the kernel takes at once, and not in whole records.
LARGE = bytes(range(256)) * 32 * 1024 + b"end"


class HeardTls(Heard):
    kind = TlsTransport
    deadline = 7.0

    def abandon(self) -> None:
        self.note("abandoned")


class TlsLine(Line):
    """The far end has TLS of its own, in memory."""

    def __init__(self, tls: ssl.SSLContext, ca: ssl.SSLContext, fail: object) -> None:
        super().__init__(HeardTls(fail))
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = ca.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.waiting: list[Begin] = []
        self.at_once = True
        self.done: list[TlsTransport] = []
        self.transport = TlsTransport(
            asyncio.get_running_loop(),
            self.near,
            cast("Connection", self.heard),
            tls,
            self.ask,
            self.done.append,
        )

    def ask(self, begin: Begin) -> None:
        if self.at_once:
            begin()
        else:
            self.waiting.append(begin)
            self.heard.news.set()

    def stage(self) -> tuple[bool, bool]:
        return self.transport.spoken, self.transport.through

    async def asked(self) -> Begin:
        """Wait for a handshake to be queued, and return it."""
        async with asyncio.timeout(10):
            while not self.waiting:
                self.heard.news.clear()
                await self.heard.news.wait()
        return self.waiting.pop()

    def hello(self) -> bytes:
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()

    async def send(self, data: bytes) -> None:
        async with asyncio.timeout(10):
            await asyncio.get_running_loop().sock_sendall(self.far, data)

    async def hear(self) -> bool:
        """Whether more came; False at the end of the connection."""
        async with asyncio.timeout(10):
            data = await asyncio.get_running_loop().sock_recv(self.far, 65536)
        self.incoming.write(data)
        return bool(data)

    async def shake_hands(self) -> None:
        data = self.hello()
        while True:
            await self.send(data)
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                assert await self.hear()
                data = self.hello()
            else:
                break
        await self.send(self.outgoing.read())

    async def say(self, data: bytes) -> None:
        self.tls.write(data)
        await self.send(self.outgoing.read())

    async def read(self, size: int) -> bytes:
        """At the far end; shorter when the peer says goodbye before."""
        data = b""
        while len(data) < size:
            try:
                part = self.tls.read(size - len(data))
            except ssl.SSLWantReadError:
                if not await self.hear():
                    break
                continue
            if not part:
                break
            data += part
        return data


Scene = Callable[[TlsLine], Any]
Play = Callable[..., TlsLine]


@pytest.fixture
def play(server_tls: ssl.SSLContext, pki_directory: Path) -> Play:
    """Run a scene with a line, and leave no socket open."""

    def run(scene: Scene, *, fail: object = None, twelve: bool = False) -> TlsLine:
        client = ssl.create_default_context(cafile=pki_directory / CA_CERTIFICATE)
        if twelve:
            client.maximum_version = ssl.TLSVersion.TLSv1_2

        async def line() -> TlsLine:
            line = TlsLine(server_tls, client, fail)
            with contextlib.closing(line.far):
                await scene(line)
                line.transport.abort()
                await asyncio.sleep(0)
            assert line.done == [line.transport]
            return line

        return asyncio.run(line())

    return run


@pytest.mark.parametrize("twelve", [False, True])
def test_both_sides_hear_each_other_until_the_peer_leaves(play: Play, twelve: bool) -> None:
    async def scene(line: TlsLine) -> None:
        assert line.heard.said == []
        await line.shake_hands()
        await line.say(b"one")
        await line.until(b"one")
        line.transport.write(b"two")
        assert await line.read(3) == b"two"
        line.far.close()
        await line.until(("lost", type(None)))

    line = play(scene, twelve=twelve)
    assert line.tls.version() == ("TLSv1.2" if twelve else "TLSv1.3")
    assert line.heard.said == ["made", b"one", "eof", ("lost", type(None))]
    assert not line.errors


def test_a_handshake_may_come_byte_by_byte(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        for byte in line.hello():
            await line.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await line.hear()
        line.tls.do_handshake()
        for byte in line.outgoing.read():
            await line.send(bytes([byte]))
            await asyncio.sleep(0)
        await line.until("made")

    play(scene)


def test_what_comes_with_the_last_of_the_handshake_is_read_at_once(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        await line.send(line.hello())
        assert await line.hear()
        line.tls.do_handshake()
        line.tls.write(b"CONNECT")
        await line.send(line.outgoing.read())
        await line.until(b"CONNECT")

    assert play(scene).heard.said[:2] == ["made", b"CONNECT"]


def test_it_begins_in_its_turn_and_then_waits_for_nobody(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        line.at_once = False
        assert line.stage() == (False, False)
        await line.send(line.hello())
        begin = await line.asked()
        assert line.stage() == (True, False)
        await asyncio.sleep(0.01)
        assert not line.waiting
        begin()
        assert await line.hear()
        line.tls.do_handshake()
        await line.send(line.outgoing.read())
        await line.until("made")
        assert line.stage() == (True, True)
        assert not line.waiting

    play(scene)


def test_who_is_given_up_while_it_waits_for_its_turn_gets_none(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        line.at_once = False
        await line.send(line.hello())
        begin = await line.asked()
        line.transport.abort()
        begin()
        await line.until("abandoned")

    assert play(scene).heard.said == ["abandoned"]


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello"])
def test_who_does_not_speak_tls_is_left(play: Play, sent: bytes) -> None:
    async def scene(line: TlsLine) -> None:
        await line.send(sent)
        if not sent:
            line.far.shutdown(socket.SHUT_WR)
        await line.until("abandoned")

    line = play(scene)
    assert line.heard.said == ["abandoned"]
    assert not line.errors


def test_a_peer_that_cannot_be_served_is_told_why(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.maximum_version = old.minimum_version = ssl.TLSVersion.TLSv1_2
        old.set_ciphers("DHE-RSA-AES128-SHA256")
        line.tls = old.wrap_bio(line.incoming, line.outgoing)
        await line.send(line.hello())
        assert await line.hear()
        with pytest.raises(ssl.SSLError, match="alert handshake failure"):
            line.tls.do_handshake()
        await line.until("abandoned")

    play(scene)


def test_a_record_that_was_tampered_with_ends_the_connection(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        await line.shake_hands()
        line.tls.write(b"message")
        record = bytearray(line.outgoing.read())
        record[-1] ^= 1
        await line.send(bytes(record))
        await line.until(("lost", ssl.SSLError))

    line = play(scene)
    assert line.heard.said == ["made", ("lost", ssl.SSLError)]
    assert not line.errors


def test_more_than_a_record_goes_out_in_order_as_the_peer_takes_it(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        await line.shake_hands()
        await line.until("made")
        line.transport.write(LARGE)
        line.transport.write(b"more")
        assert line.heard.said == ["made", "pause"]
        assert await line.read(len(LARGE) + 4) == LARGE + b"more"
        await line.until("resume")

    play(scene)


def test_the_goodbye_comes_behind_what_was_written_and_the_peer_closes_first(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        await line.shake_hands()
        await line.until("made")
        line.transport.write(LARGE)
        line.transport.close()
        line.transport.write(b"nothing after the end")
        line.transport.close()
        assert await line.read(len(LARGE) + 1) == LARGE
        await line.say(b"unread")
        assert not await line.hear()  # an end, no reset
        await asyncio.sleep(0.01)
        assert ("lost", type(None)) not in line.heard.said
        line.far.close()
        await line.until(("lost", type(None)))

    line = play(scene)
    assert line.heard.said == ["made", "pause", "resume", "eof", ("lost", type(None))]


def test_a_peer_that_says_goodbye_is_answered_so_and_left(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        await line.shake_hands()
        line.tls.write(b"last words")
        with contextlib.suppress(ssl.SSLWantReadError):
            line.tls.unwrap()
        await line.send(line.outgoing.read())
        await line.until(("lost", type(None)))
        assert await line.hear()
        line.tls.unwrap()

    assert play(scene).heard.said == ["made", b"last words", "eof", ("lost", type(None))]


def test_a_reset_by_the_peer_is_told_with_its_error(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        await line.shake_hands()
        await line.until("made")
        line.reset()
        await line.until(("lost", ConnectionResetError))
        line.transport.write(b"too late")
        line.transport.close()

    line = play(scene)
    assert line.heard.said == ["made", ("lost", ConnectionResetError)]
    assert not line.errors


def test_a_reset_before_the_handshake_is_through_is_no_fault_of_ours(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        await line.send(line.hello())
        assert await line.hear()
        line.reset()
        await line.until("abandoned")

    assert not play(scene).errors


@pytest.mark.parametrize("fail", ["made", b"data", "eof"])
def test_a_faulty_protocol_is_reported_and_loses_its_connection(play: Play, fail: object) -> None:
    async def scene(line: TlsLine) -> None:
        await line.shake_hands()
        await line.say(b"data")
        line.far.shutdown(socket.SHUT_WR)
        await line.until(("lost", RuntimeError))

    line = play(scene, fail=fail)
    assert [str(context["exception"]) for context in line.errors] == ["faulty"]


def test_of_many_small_records_a_few_are_taken_in_one_turn(play: Play) -> None:
    """Others on the loop have their turn in between; all arrive, in order."""
    numbers = [b"%03d" % number for number in range(500)]
    turns: list[int] = []

    async def scene(line: TlsLine) -> None:
        await line.shake_hands()
        await line.until("made")
        for number in numbers:
            line.tls.write(number)
        await line.send(line.outgoing.read())
        async with asyncio.timeout(10):
            while len(heard_by(line)) < 3 * len(numbers):
                turns.append(len(heard_by(line)))
                await asyncio.sleep(0)

    line = play(scene)
    assert heard_by(line) == b"".join(numbers)
    assert max(after - before for before, after in pairwise(turns)) <= 3 * 32


def heard_by(line: TlsLine) -> bytes:
    return b"".join(piece for piece in line.heard.said if isinstance(piece, bytes))


def test_while_paused_it_hands_nothing_on_that_is_here_already(play: Play) -> None:
    async def scene(line: TlsLine) -> None:
        await line.shake_hands()
        note = line.heard.note

        def pause(event: object) -> None:
            note(event)
            if isinstance(event, bytes) and event.startswith(b"first"):
                line.transport.pause_reading()

        line.heard.note = pause  # type: ignore[method-assign]
        for word in (b"first", *[b"x"] * 31, b"last"):
            line.tls.write(word)
        await line.send(line.outgoing.read())
        await line.until(b"first" + b"x" * 31)
        for _ in range(20):
            await asyncio.sleep(0)
        assert line.heard.said == ["made", b"first" + b"x" * 31]
        line.transport.resume_reading()
        await line.until(b"last")
        await line.say(b"four")
        await line.until(b"four")

    line = play(scene)
    assert line.heard.said[2:4] == [b"last", b"four"]
    assert not line.errors
