"""The receiving half of a connection: packets are taken for a slice at a time (backlog.py)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from common.net.tcp_transport import READ_AT_ONCE
from mqtt.listener.backlog import SLICE
from mqtt.listener.packet_reader import Intake
from mqtt.listener.write_buffer import Wire
from protocol import mqtt

if TYPE_CHECKING:
    from mqtt.listener.backlog import Backlog


class Reader(Wire):
    """While it waits in the backlog, or the device does not read, nothing is read from it."""

    __slots__ = ("_backlog", "_intake", "_now", "_waits")

    def __init__(self, backlog: "Backlog", now: Callable[[], float]) -> None:
        super().__init__()
        self._backlog = backlog
        self._now = now
        self._intake = Intake()
        self._waits = False  # in the backlog

    # --- of the connection --------------------------------------------------------------------

    @property
    def takes(self) -> bool:
        """Whether packets are wanted now; what comes otherwise waits as bytes."""
        raise NotImplementedError

    @property
    def ended(self) -> bool:
        """Whether nothing is wanted any more."""
        raise NotImplementedError

    def take(self, packet: mqtt.Packet) -> None:
        raise NotImplementedError

    def broken(self, error: mqtt.ProtocolError) -> None:
        """The bytes are no MQTT."""
        raise NotImplementedError

    # --- in slices ----------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.ended:
            return
        try:
            self._intake.add(data)
            if not self.takes:
                self._intake.check_early()
        except mqtt.ProtocolError as error:
            self.broken(error)
            return
        # Whoever sends without a pause is read in turns, too.
        self._work(flooding=len(data) >= READ_AT_ONCE)

    def go_on(self) -> None:
        """It is its turn in the backlog."""
        self._waits = False
        self._work()
        self.resume_reading()

    def resume_reading(self) -> None:
        if not self._waits:
            super().resume_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.take_what_waits()

    def take_what_waits(self) -> None:
        """When it is its turn."""
        self._wait_if(self._intake.more)

    def _work(self, *, flooding: bool = False) -> None:
        if self._waits:
            return
        left = False
        self.cork()
        try:
            left = self._take_some()
        except mqtt.ProtocolError as error:
            self.broken(error)
        finally:
            self.uncork()
        self._wait_if(left or flooding)

    def _take_some(self) -> bool:
        """Whether something is left when the slice is over."""
        until = self._now() + SLICE
        while self.takes and not self.slow:
            packet = self._intake.next()
            if packet is None:
                return False
            self.take(packet)
            if self._now() >= until:
                return self._intake.more
        return False

    def _wait_if(self, left: bool) -> None:
        if left and not (self._waits or self.slow or self.ended):
            self._waits = True
            self.pause_reading()
            self._backlog.add(self)
