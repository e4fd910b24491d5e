"""The transport of plain connections: what protocols are told, and when."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from common.net.tcp_transport import PlainTransport
from tests.common.net.lines import Heard, Line

# More than the kernel takes at once.
LARGE = bytes(range(256)) * 32 * 1024


class PlainLine(Line):
    def __init__(self, *, fail: object = None) -> None:
        super().__init__(Heard(fail))
        self.transport = PlainTransport(asyncio.get_running_loop(), self.near, self.heard)

    async def read(self, size: int) -> bytes:
        """At the far end; shorter when the connection ends before."""
        data = b""
        async with asyncio.timeout(10):
            while len(data) < size:
                part = await asyncio.get_running_loop().sock_recv(self.far, 65536)
                if not part:
                    break
                data += part
        return data


Scene = Callable[[PlainLine], Any]


def play(scene: Scene, *, fail: object = None) -> PlainLine:
    """Run `scene` with a line, and leave no socket open."""

    async def run() -> PlainLine:
        line = PlainLine(fail=fail)
        with contextlib.closing(line.far):
            await scene(line)
            line.transport.abort()
            await asyncio.sleep(0)
        return line

    return asyncio.run(run())


def test_it_is_made_at_once_and_hears_until_the_peer_closes() -> None:
    async def scene(line: PlainLine) -> None:
        assert line.heard.said == ["made"]
        line.far.send(b"one")
        await line.until(b"one")
        line.far.send(b"two")
        line.far.close()
        await line.until(("lost", type(None)))

    line = play(scene)
    assert line.heard.said == ["made", b"one", b"two", "eof", ("lost", type(None))]
    assert not line.errors


def test_a_reset_by_the_peer_is_told_with_its_error() -> None:
    async def scene(line: PlainLine) -> None:
        line.reset()
        await line.until(("lost", ConnectionResetError))
        line.transport.write(b"too late")
        line.transport.close()

    assert play(scene).heard.said == ["made", ("lost", ConnectionResetError)]


def test_writing_to_a_connection_that_was_reset_ends_it() -> None:
    async def scene(line: PlainLine) -> None:
        line.transport.pause_reading()
        line.reset()
        line.transport.write(b"x")
        line.transport.write(b"y")
        await line.until(("lost", ConnectionResetError))

    assert len(play(scene).heard.said) == 2


def test_a_reset_while_the_rest_is_sent_is_no_fault_of_ours() -> None:
    async def scene(line: PlainLine) -> None:
        line.transport.write(LARGE)
        line.transport.write_eof()
        line.transport.pause_reading()
        line.reset()
        await line.until(("lost", ConnectionResetError))

    assert not play(scene).errors


def test_after_the_end_nothing_touches_what_may_be_somebody_elses_by_then() -> None:
    async def scene(line: PlainLine) -> None:
        line.transport.abort()
        await line.until(("lost", type(None)))
        loop, number = asyncio.get_running_loop(), line.transport._number
        with contextlib.closing(os.fdopen(os.dup2(line.far.fileno(), number))):
            loop.add_reader(number, line.heard.news.set)
            line.transport.pause_reading()
            line.transport.resume_reading()
            line.transport.write(b"x")
            line.transport.close()
            line.transport.abort()
            assert loop.remove_reader(number)

    play(scene)


def test_what_the_peer_does_not_take_at_once_follows_in_order() -> None:
    async def scene(line: PlainLine) -> None:
        line.transport.write(LARGE)
        line.transport.write(b"end")
        assert line.heard.said == ["made", "pause"]
        assert line.transport.get_write_buffer_size() > 0
        assert await line.read(len(LARGE) + 3) == LARGE + b"end"
        await line.until("resume")
        line.transport.write(b"more")
        assert await line.read(4) == b"more"

    assert play(scene).heard.said == ["made", "pause", "resume", ("lost", type(None))]


def test_below_the_limit_nobody_is_told_to_pause() -> None:
    async def scene(line: PlainLine) -> None:
        line.transport.set_write_buffer_limits(high=len(LARGE))
        line.transport.write(LARGE)
        assert line.heard.said == ["made"]
        line.transport.write(LARGE)
        assert line.heard.said == ["made", "pause"]

    play(scene)


def test_closing_sends_what_is_left_first() -> None:
    async def scene(line: PlainLine) -> None:
        line.transport.write(LARGE)
        line.transport.close()
        assert line.transport.is_closing()
        assert line.heard.said == ["made", "pause"]
        assert await line.read(len(LARGE) + 1) == LARGE
        await line.until(("lost", type(None)))

    play(scene)


def test_aborting_sends_nothing_more() -> None:
    async def scene(line: PlainLine) -> None:
        line.transport.write(LARGE)
        line.transport.abort()
        line.transport.abort()
        assert line.heard.said == ["made", "pause"]  # the loop tells it
        await line.until(("lost", type(None)))
        assert len(await line.read(len(LARGE))) < len(LARGE)

    assert play(scene).heard.said == ["made", "pause", ("lost", type(None))]


@pytest.mark.parametrize("content", [b"", LARGE])
def test_the_end_of_what_is_sent_comes_behind_it_and_reading_goes_on(content: bytes) -> None:
    async def scene(line: PlainLine) -> None:
        if content:
            line.transport.write(content)
        line.transport.write_eof()
        line.transport.write(b"nothing after the end")
        assert await line.read(len(content) + 1) == content
        line.far.send(b"still heard")
        await line.until(b"still heard")
        line.far.close()
        await line.until(("lost", type(None)))

    play(scene)


def test_a_paused_connection_hears_what_came_meanwhile_when_it_goes_on() -> None:
    async def scene(line: PlainLine) -> None:
        line.transport.pause_reading()
        line.far.send(b"meanwhile")
        await asyncio.sleep(0.01)
        assert line.heard.said == ["made"]
        line.transport.resume_reading()
        await line.until(b"meanwhile")

    play(scene)


@pytest.mark.parametrize("fail", [b"data", "eof", "resume"])
def test_a_faulty_protocol_is_reported_and_loses_its_connection(fail: object) -> None:
    async def scene(line: PlainLine) -> None:
        if fail == "resume":
            line.transport.write(LARGE)
            await line.read(len(LARGE))  # or until it ends
        else:
            line.far.send(b"data")
            line.far.shutdown(socket.SHUT_WR)
        await line.until(("lost", RuntimeError))

    line = play(scene, fail=fail)
    assert [str(context["exception"]) for context in line.errors] == ["faulty"]


def test_a_protocol_that_fails_at_the_end_leaves_no_socket_open() -> None:
    async def scene(line: PlainLine) -> None:
        line.transport.abort()
        await line.until(("lost", type(None)))

    line = play(scene, fail=("lost", type(None)))
    assert len(line.errors) == 1
    assert line.transport._socket.fileno() == -1
