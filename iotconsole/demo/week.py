"""A week of a third product, and what somebody ought to look at: a sign of each kind."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from findings.detect import detect
from findings.scan import survey
from iotconsole.demo.backdating import Stage, Unit
from logs.operations.tally import tally
from logs.reasons import Reason
from products.models import Product
from protocol.client_id import RegistrationMode

METERS = "Water_Meter_(demo)"
BEGINS = 170.0  # hours ago

# Registered on each of the days before today, in waves an hour apart.
_WAVES = ((6, (3, 5, 4)), (5, (4, 6, 2)), (4, (2, 5, 5)), (3, (6, 7, 3)), (2, (3, 4, 4)))
_BURST, _BURST_HOURS_AGO = 110, 20

Chapter = tuple[float, Callable[[], None]]  # hours ago, what happens


def look(now: datetime) -> None:
    """Do what a worker would have done meanwhile: count the log, and find the signs in it."""
    tally(now)
    survey(_night(now) + timedelta(minutes=30))
    detect(now)
    survey(now)


class Week:
    """The chapters about the meters, in no order."""

    def __init__(self, now: datetime, stage: Stage, meters: Product) -> None:
        self._now, self._stage, self._meters = now, stage, meters
        self._made = 0

    def chapters(self) -> Iterator[Chapter]:
        yield BEGINS - 0.1, lambda: self._stage.turn(self._meters, on=True)
        yield from self._waves()
        yield from self._burst()
        yield from self._never_connected()
        yield from self._shared_token()
        yield from self._flapping()

    def _unit(self, address: str, sdk: str = "sdk-c-4.2.0") -> Unit:
        self._made += 1
        return Unit(
            self._meters.product_key,
            self._meters.product_secret,
            f"meter-{self._made:04}",
            RegistrationMode.REGNWL,
            address,
            sdk,
        )

    def _crowd(self, hours_ago: float, units: list[Unit]) -> Iterator[Chapter]:
        """All of them register, connect and say goodbye within minutes."""
        yield hours_ago, lambda: self._stage.register(*units)
        yield hours_ago - 0.02, lambda: self._stage.connect(*units)
        yield hours_ago - 0.2, lambda: self._stage.disconnect(Reason.DEVICE_DISCONNECT, *units)

    def _waves(self) -> Iterator[Chapter]:
        for day, waves in _WAVES:
            for hour, size in enumerate(waves):
                units = [self._unit(f"203.0.113.{30 + number}") for number in range(size)]
                yield from self._crowd(day * 24.0 + 3 - hour, units)

    def _burst(self) -> Iterator[Chapter]:
        """Somebody who holds the ProductSecret, at night."""
        hours_ago = (self._now - _night(self._now)) / timedelta(hours=1)
        units = [self._unit("198.51.100.99", "paho-1.6") for _ in range(_BURST)]
        yield from self._crowd(hours_ago, units)

    def _never_connected(self) -> Iterator[Chapter]:
        lost = self._unit("203.0.113.61")
        yield 50.0, lambda: self._stage.register(lost)

    def _shared_token(self) -> Iterator[Chapter]:
        """One ClientID and DeviceToken, in two places in turn."""
        genuine = self._unit("203.0.113.62")
        copy = replace(genuine, address="198.51.100.81", sdk="1.2.13")
        yield 30.0, lambda: self._stage.register(genuine)
        yield from self._turns(9.0, [genuine, copy, genuine, copy], credential_of=genuine)

    def _flapping(self) -> Iterator[Chapter]:
        """Two ClientIDs under one name that throw each other out, minute by minute."""
        one = self._unit("203.0.113.63")
        other = replace(one, address="198.51.100.82", sdk="1.2.13")
        yield 28.0, lambda: self._stage.register(one)
        yield 6.0, lambda: self._stage.register(other)
        yield from self._turns(5.0, [one, other] * 4)

    def _turns(
        self, hours_ago: float, units: list[Unit], credential_of: Unit | None = None
    ) -> Iterator[Chapter]:
        """Each connects a minute and a half after the one before, whom that ends."""
        for number, unit in enumerate(units):
            begins = hours_ago - number * 0.025
            yield begins, partial(self._connect, unit, credential_of)
            last = number == len(units) - 1
            reason, lasts = (Reason.CONNECTION_LOST, 1.0) if last else (Reason.TAKEOVER, 0.0251)
            yield begins - lasts, partial(self._stage.disconnect, reason, unit)

    def _connect(self, unit: Unit, credential_of: Unit | None) -> None:
        unit.credential = credential_of.credential if credential_of else unit.credential
        self._stage.connect(unit)


def _night(now: datetime) -> datetime:
    """Early in an hour: what happens within minutes stays in that hour."""
    return (now - timedelta(hours=_BURST_HOURS_AGO)).replace(minute=10, second=0, microsecond=0)
