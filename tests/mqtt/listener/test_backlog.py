"""Senders of much data are served in slices, one at a time for all of them; nothing is lost."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from common.net.tcp_transport import READ_AT_ONCE
from mqtt.listener.backlog import PAUSE, SLICE, YIELDING, Backlog
from mqtt.listener.reader import Reader
from protocol import mqtt

CONNECT = mqtt.connect("x|securemode=3|", "lamp&a1", b"p")


class Transport:
    """Knows whether it is read, and what was written."""

    def __init__(self) -> None:
        self.read = True
        self.written = b""

    def pause_reading(self) -> None:
        self.read = False

    def resume_reading(self) -> None:
        self.read = True

    def write(self, data: bytes) -> None:
        self.written += data


class Echo(Reader):
    """Answers each PINGREQ, which takes `cost` seconds by the clock."""

    def __init__(self, backlog: Backlog, clock: list[float], cost: float) -> None:
        super().__init__(backlog, lambda: clock[0])
        self.clock, self.cost = clock, cost
        self.taken = 0
        self.problem = ""
        self.over = False
        self.transport = Transport()
        self.connection_made(cast("asyncio.Transport", self.transport))

    @property
    def takes(self) -> bool:
        return not self.over

    @property
    def ended(self) -> bool:
        return self.over

    def take(self, packet: mqtt.Packet) -> None:
        self.clock[0] += self.cost
        self.taken += 1
        if isinstance(packet, mqtt.PingReq):
            self.send(mqtt.PINGRESP)
        if isinstance(packet, mqtt.Disconnect):
            self.over = True

    def broken(self, error: mqtt.ProtocolError) -> None:
        self.problem = error.problem
        self.over = True

    def abort(self) -> None:
        self.over = True


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


class Hurried:
    """A loop whose pauses are over in its next turn; it knows how long they were to be. Each call
    is `late` by so many seconds."""

    def __init__(self, late: float = 0.0) -> None:
        self.pauses: list[float] = []
        self.late = late
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def call_at(self, when: float, call: Callable[[], None]) -> None:
        self.pauses.append(when - self._now)
        self._now = when + self.late
        asyncio.get_running_loop().call_soon(call)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        asyncio.get_running_loop().call_exception_handler(context)


def backlog_here(loop: Hurried | None = None) -> Backlog:
    return Backlog(cast("asyncio.AbstractEventLoop", loop or Hurried()))


def test_a_slice_ends_by_the_clock_and_the_rest_waits_unread(clock: list[float]) -> None:
    async def scene() -> None:
        backlog = backlog_here()
        echo = Echo(backlog, clock, SLICE / 4)
        echo.data_received(CONNECT + mqtt.PINGREQ * 10)
        assert (echo.taken, echo.transport.read, len(backlog)) == (4, False, 1)
        assert echo.transport.written == mqtt.PINGRESP * 3
        await turns(1)
        assert (echo.taken, echo.transport.read) == (8, False)
        await turns(3)
        assert (echo.taken, echo.transport.read, len(backlog)) == (11, True, 0)
        assert echo.transport.written == mqtt.PINGRESP * 10

    asyncio.run(scene())


def test_in_one_turn_of_the_loop_one_of_all_that_flood_has_a_slice(clock: list[float]) -> None:
    async def scene() -> None:
        backlog = backlog_here()
        flooding = [Echo(backlog, clock, SLICE) for _ in range(50)]
        for echo in flooding:
            echo.data_received(CONNECT + mqtt.PINGREQ * 2)
        assert [echo.taken for echo in flooding] == [1] * 50
        for turn in range(1, 101):
            await turns(1)
            assert sum(echo.taken for echo in flooding) == 50 + turn
        await turns(2)
        assert len(backlog) == 0

    asyncio.run(scene())


def test_a_packet_that_takes_long_is_the_only_one_of_its_slice(clock: list[float]) -> None:
    async def scene() -> None:
        echo = Echo(backlog_here(), clock, 40 * SLICE)
        echo.data_received(CONNECT + mqtt.PINGREQ * 2)
        assert echo.taken == 1

    asyncio.run(scene())


def test_whoever_fills_every_read_is_read_in_turns(clock: list[float]) -> None:
    """One large message may come in many reads, each of which costs little."""

    async def scene() -> None:
        backlog = backlog_here()
        echo = Echo(backlog, clock, 0)
        echo.data_received(CONNECT)
        assert echo.transport.read
        echo._intake.trust()
        message = mqtt.publish("t", bytes(3 * READ_AT_ONCE))
        echo.data_received(message[:READ_AT_ONCE])
        assert (echo.transport.read, len(backlog)) == (False, 1)
        await turns(1)
        assert (echo.transport.read, len(backlog)) == (True, 0)

    asyncio.run(scene())


def test_nothing_is_taken_while_the_device_does_not_read(clock: list[float]) -> None:
    async def scene() -> None:
        backlog = backlog_here()
        echo = Echo(backlog, clock, SLICE)
        echo.data_received(CONNECT + mqtt.PINGREQ * 3)
        echo.pause_writing()
        await turns(5)
        assert (echo.taken, echo.transport.read, len(backlog)) == (1, False, 0)
        echo.resume_writing()
        await turns(5)
        assert (echo.taken, echo.transport.read) == (4, True)

    asyncio.run(scene())


def test_reading_is_not_taken_up_before_its_turn(clock: list[float]) -> None:
    async def scene() -> None:
        echo = Echo(backlog_here(), clock, SLICE)
        echo.data_received(CONNECT + mqtt.PINGREQ)
        echo.pause_writing()
        echo.resume_writing()
        assert not echo.transport.read

    asyncio.run(scene())


def test_what_comes_behind_the_end_is_not_taken(clock: list[float]) -> None:
    async def scene() -> None:
        backlog = backlog_here()
        echo = Echo(backlog, clock, SLICE)
        echo.data_received(CONNECT + mqtt.DISCONNECT + mqtt.PINGREQ * 9)
        await turns(5)
        assert (echo.taken, len(backlog)) == (2, 0)

    asyncio.run(scene())


def test_a_fault_behind_good_packets_is_told_after_them(clock: list[float]) -> None:
    async def scene() -> None:
        echo = Echo(backlog_here(), clock, SLICE)
        echo.data_received(CONNECT + mqtt.PINGREQ + b"\xf0\x00")
        await turns(3)
        assert (echo.taken, echo.problem) == (2, "packet type 15 is not supported here")

    asyncio.run(scene())


def test_one_that_fails_concerns_no_other(clock: list[float]) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        told: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _, context: told.append(context))
        backlog = backlog_here()
        faulty, good = Echo(backlog, clock, SLICE), Echo(backlog, clock, SLICE)
        for echo in (faulty, good):
            echo.data_received(CONNECT + mqtt.PINGREQ)
        faulty.take = None  # type: ignore[assignment,method-assign]
        await turns(5)
        assert (faulty.over, good.taken, len(told)) == (True, 2, 1)

    asyncio.run(scene())


def test_between_slices_the_loop_rests(clock: list[float]) -> None:
    """Four times as long as a slice: threads of the process get on with their work."""

    async def scene() -> None:
        loop = Hurried()
        echo = Echo(backlog_here(loop), clock, SLICE)
        echo.data_received(CONNECT + mqtt.PINGREQ * 10)
        await turns(20)
        assert echo.taken == 11
        assert len(loop.pauses) >= 9
        assert loop.pauses == pytest.approx([PAUSE] * len(loop.pauses))

    assert PAUSE >= 4 * SLICE
    asyncio.run(scene())


def test_whoever_floods_rests_for_longer_while_others_need_the_loop(clock: list[float]) -> None:
    async def scene() -> None:
        loop = Hurried(late=0.005)
        echo = Echo(backlog_here(loop), clock, SLICE)
        echo.data_received(CONNECT + mqtt.PINGREQ * 3)
        await turns(20)
        assert echo.taken == 4
        assert loop.pauses == pytest.approx([PAUSE, *[PAUSE + YIELDING * 0.005] * 2])

    asyncio.run(scene())
