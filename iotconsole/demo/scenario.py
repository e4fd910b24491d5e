"""The demonstration: two products, thirteen devices, and what befell them in the last day; and a
week of a third one (iotconsole.demo.week).

Everything happens through the operations, so it is as consistent as real life. The devices that
are meant to be online are handed to the simulator, which connects them for real.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from devices.operations import manage
from iotconsole.demo.backdating import Stage, Unit
from iotconsole.demo.week import BEGINS, METERS, Week
from logs.models import ServiceType
from logs.reasons import Reason
from products.models import Product
from products.registration_window import Window
from protocol.client_id import RegistrationMode
from registration.operations.rotate_secret import Overlap

LAMPS = "Smart_Lamp_(demo)"
SENSORS = "Door_Sensor_(demo)"
MARK = "Demonstration data. `manage.py demo --remove` deletes it."
# Nobody's ProductKey: those issued here have 11 characters.
STRANGERS_KEY = "DemoUnknownKey"

_BEGINS = 26.0  # hours ago


@dataclass(frozen=True, slots=True)
class Told:
    """Result. `online` are the units whose credential still works, for the simulator."""

    products: tuple[Product, ...]
    online: tuple[Unit, ...]


def tell(now: datetime) -> Told:
    """Make all of it, or nothing. Raises OperationError when a name is taken."""
    with transaction.atomic():
        return _Story(now).tell()


class _Story:
    def __init__(self, now: datetime) -> None:
        self._now = now
        self._stage = Stage(now)
        self._at(BEGINS)
        self._meters = self._stage.create_product(METERS, MARK)
        self._at(_BEGINS)
        self._lamps = self._stage.create_product(LAMPS, MARK)
        self._sensors = self._stage.create_product(SENSORS, MARK)
        self._chapters: list[tuple[float, Callable[[], None]]] = []

    def tell(self) -> Told:
        self._opening()
        online = (self._kitchen(), self._clones(), self._front_door())
        self._other_lamps()
        self._switched_lamp()
        self._other_sensors()
        self._strangers()
        self._chapters += Week(self._now, self._stage, self._meters).chapters()
        for hours_ago, happens in sorted(self._chapters, key=lambda chapter: -chapter[0]):
            self._at(hours_ago)
            happens()
        return Told((self._meters, self._lamps, self._sensors), online)

    # --- Telling -------------------------------------------------------------------------
    def _at(self, hours_ago: float) -> None:
        self._stage.moment = self._now - timedelta(hours=hours_ago)

    def _when(
        self, hours_ago: float, act: Callable[..., None], *what: object, **how: object
    ) -> None:
        """`act` is to happen at that time, whatever the order in which the story is written."""
        self._chapters.append((hours_ago, lambda: act(*what, **how)))

    def _lamp(self, name: str, address: str, sdk: str = "sdk-c-4.2.0") -> Unit:
        return self._unit(self._lamps, RegistrationMode.REGNWL, name, address, sdk)

    def _sensor(self, name: str, address: str, sdk: str = "sdk-c-4.2.0") -> Unit:
        return self._unit(self._sensors, RegistrationMode.REGISTER, name, address, sdk)

    def _unit(
        self, product: Product, mode: RegistrationMode, name: str, address: str, sdk: str
    ) -> Unit:
        return Unit(product.product_key, product.product_secret, name, mode, address, sdk)

    def _activated(
        self, unit: Unit, registered: float, *, until: float = 0.0, end: str = Reason.SERVER_STOPPED
    ) -> None:
        """Registers, connects a minute later, and is online `until` so many hours ago."""
        self._when(registered, self._stage.register, unit)
        self._when(registered - 0.02, self._stage.connect, unit)
        self._when(until, self._stage.disconnect, end, unit)

    # --- The chapters --------------------------------------------------------------------
    def _opening(self) -> None:
        # Open for two more days, and most of its budget is gone.
        window = Window(until=self._now + timedelta(days=2), budget=12)
        self._when(25.9, self._stage.turn, self._lamps, on=True, window=window)
        self._when(25.8, self._stage.turn, self._sensors, on=True)
        # New firmware has a new ProductSecret; units with the old one still come in.
        self._when(25.7, self._stage.rotate_secret, self._sensors, Overlap(days=30))
        # Every sensor of the batch has registered: its product is closed again.
        self._when(2.0, self._stage.turn, self._sensors, on=False)

    def _kitchen(self) -> Unit:
        """A healthy lamp."""
        kitchen = self._lamp("kitchen-lamp", "203.0.113.11")
        self._activated(kitchen, 25.0)
        return kitchen

    def _clones(self) -> Unit:
        """The multi-ClientID case: the genuine lamp for a day, and two others since last night."""
        genuine = self._lamp("hall-lamp", "203.0.113.12")
        first_clone = self._lamp("hall-lamp", "198.51.100.77", "1.2.13")
        second_clone = self._lamp("hall-lamp", "198.51.100.78", "1.2.13")
        self._activated(genuine, 24.5, until=5.99, end=Reason.TAKEOVER)
        self._activated(first_clone, 6.02, until=5.39, end=Reason.TAKEOVER)
        again = replace(genuine)
        self._when(5.4, lambda: self._reconnect(genuine, again))
        self._when(0.69, self._stage.disconnect, Reason.TAKEOVER, again)
        self._activated(second_clone, 0.72, until=0.3, end=Reason.CONNECTION_LOST)
        last = replace(genuine)
        self._when(0.25, lambda: self._reconnect(genuine, last))
        self._when(0.0, self._stage.disconnect, Reason.SERVER_STOPPED, last)
        return genuine

    def _reconnect(self, known: Unit, unit: Unit) -> None:
        unit.credential = known.credential
        self._stage.connect(unit)

    def _other_lamps(self) -> None:
        porch = self._lamp("porch-lamp", "203.0.113.13")
        self._activated(porch, 24.0, until=8.0, end=Reason.DEVICE_DISCONNECT)
        garage = self._lamp("garage-lamp", "203.0.113.14")
        self._activated(garage, 23.0, until=3.5, end=Reason.KEEPALIVE_TIMEOUT)
        self._when(
            12.0, self._stage.note, garage, ServiceType.UPLINK, "publish", Reason.TOPIC_DENIED,
            topic=f"/{self._lamps.product_key}/porch-lamp/user/update",
        )  # fmt: skip
        attic = self._lamp("attic-lamp", "203.0.113.15")
        self._when(4.0, self._stage.register, attic)
        cellar = self._lamp("cellar-lamp", "203.0.113.16")
        self._activated(cellar, 22.0, until=8.99, end=Reason.DISABLE)
        self._when(9.0, self._stage.act, manage.set_enabled, cellar, enabled=False)
        self._when(8.9, self._stage.connect, cellar, refused=Reason.DEVICE_DISABLED)

    def _switched_lamp(self) -> None:
        """Cloned too, and settled: one kept, the clone forbidden, its new registration refused."""
        kept = self._lamp("studio-lamp", "203.0.113.17")
        clone = self._lamp("studio-lamp", "198.51.100.80")
        self._activated(kept, 21.0, until=10.99, end=Reason.TAKEOVER)
        self._activated(clone, 11.02, until=9.99, end=Reason.SWITCH)
        self._when(10.0, lambda: self._stage.act(manage.switch, kept, kept.client_id))
        self._when(9.98, self._stage.connect, clone, refused=Reason.CLIENT_ID_VOID)
        self._when(9.9, self._stage.register, clone, refused=Reason.REGISTRATION_REFUSED)
        again = replace(kept)
        self._when(9.8, lambda: self._reconnect(kept, again))
        self._when(1.5, self._stage.disconnect, Reason.CONNECTION_LOST, again)

    def _front_door(self) -> Unit:
        """A healthy sensor."""
        front = self._sensor("00:1A:2B:3C:4D:01", "203.0.113.21")
        self._when(25.7, self._stage.add, self._sensors, front.device_name, "Front door")
        self._activated(front, 20.0)
        return front

    def _other_sensors(self) -> None:
        names = {
            "00:1A:2B:3C:4D:02": "Back door",
            "00:1A:2B:3C:4D:03": "Cellar door",
            "00:1A:2B:3C:4D:04": "Garden gate",
            "00:1A:2B:3C:4D:05": "Garage door",
            "00:1A:2B:3C:4D:06": "",
        }
        for name, nickname in names.items():
            self._when(25.7, self._stage.add, self._sensors, name, nickname)
        back, cellar, _, garage, spare = (self._sensor(name, "203.0.113.22") for name in names)
        self._activated(back, 19.0, until=7.0, end=Reason.CONNECTION_LOST)
        self._when(18.0, self._stage.register, cellar)  # received its secret, never connected
        self._activated(garage, 17.0, until=4.99, end=Reason.DISABLE)
        self._when(5.0, self._stage.act, manage.set_enabled, garage, enabled=False)
        self._when(1.0, self._stage.register, spare, refused=Reason.DYNAMIC_REGISTRATION_OFF)
        twin = replace(back, address="198.51.100.79")
        self._when(15.0, self._stage.register, twin, refused=Reason.ALREADY_ACTIVATED)
        forged = replace(cellar, address="198.51.100.79")
        self._when(14.0, self._stage.connect, forged, refused=Reason.BAD_CREDENTIAL)

    def _strangers(self) -> None:
        """Refusals that name no device of ours."""
        typo = self._sensor("00:1A:2B:3C:4D:99", "203.0.113.23")
        self._when(16.0, self._stage.register, typo, refused=Reason.DEVICE_NOT_FOUND)
        forger = replace(self._lamp("hall-lamp", "192.0.2.66"), product_secret="guessed")  # noqa: S106
        self._when(13.0, self._stage.register, forger, refused=Reason.BAD_SIGNATURE)
        plain = self._lamp("porch-lamp", "203.0.113.13")
        self._when(
            24.1, self._stage.note, plain, ServiceType.REGISTRATION, "regnwl", Reason.NO_TLS,
            mode="regnwl",
        )  # fmt: skip
        stranger = replace(typo, product_key=STRANGERS_KEY)
        self._when(3.0, self._stage.register, stranger, refused=Reason.PRODUCT_NOT_FOUND)
