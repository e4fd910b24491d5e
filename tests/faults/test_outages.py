"""Database outages: registration is refused and nothing is lost.

There are two listeners, each on its own host. OUTAGE_SECONDS sets the length of the outages; from
20 on, neither listener may take the other for dead.
"""

import asyncio
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle
from pathlib import Path
from time import monotonic

import pytest
from django.conf import settings
from django.db import connection

from logs.models import LogEntry
from mqtt.listener.states import CONNECT_WITHIN
from products.models import Product
from protocol import mqtt
from protocol.client_id import RegistrationMode
from registration.pki import CA_CERTIFICATE
from tests.factories import make_product
from tests.faults import harm, holdings
from tests.faults.checker import violations
from tests.faults.conftest import StartListener
from tests.faults.devices import Fleet, Wire, doors_of
from tests.faults.history import Connection, Credential, History, Name
from tests.faults.world import Program
from tests.polling import eventually
from tests.threads import apart

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
SECONDS = float(os.environ.get("OUTAGE_SECONDS", "12"))
# Until a registration succeeds again: the longest pause of a listener, and a busy machine.
RECOVERED_WITHIN = 20.0
REGNWL = RegistrationMode.REGNWL


@dataclass(slots=True)
class Story:
    """Devices before, during and after; every answer takes no longer than a device may wait."""

    product: Product
    fleet: Fleet
    numbers: "count[int]" = field(default_factory=count)
    slowest: float = 0.0

    async def online(self) -> tuple[Wire, Connection]:
        credential = await self.register()
        assert credential is not None
        wire, connection = await self.fleet.connect(self.product, credential)
        assert wire
        assert connection
        return wire, connection

    async def register(self) -> Credential | None:
        began = monotonic()
        name = f"sim-{next(self.numbers):05}"
        credential = await self.fleet.register(self.product, name, REGNWL)
        self.slowest = max(self.slowest, monotonic() - began)
        return credential

    async def tell(self, outage: AbstractContextManager[None]) -> None:
        """Some devices stay all the time, one leaves meanwhile, others try to register."""
        stayers = [await self.online() for _ in range(4)]
        leaver, left = await self.online()
        outage.__enter__()
        until = monotonic() + SECONDS
        tries = [asyncio.create_task(self._try(until)) for _ in range(3)]
        try:
            assert await leaver.ask(_message(left)) == mqtt.PubAck(1)
            await leaver.leave(politely=True)
            self.fleet.closed(left)
            while monotonic() < until:
                await self._served(stayers)
                await asyncio.sleep(0.2)
        finally:
            # On this thread: the kernel stops a PostgreSQL whose starting thread ends.
            outage.__exit__(None, None, None)
        await asyncio.gather(*tries)
        await self._recover()
        await self._served(stayers)
        await self._settle({stays.credential.name for _, stays in stayers})
        for wire, _ in stayers:
            await wire.leave(politely=True)

    async def _served(self, stayers: list[tuple[Wire, Connection]]) -> None:
        for wire, stays in stayers:
            assert await wire.ask(_message(stays)) == mqtt.PubAck(1)
            assert await wire.ask(mqtt.PINGREQ) == mqtt.PingResp()

    async def _settle(self, held: set[Name]) -> None:
        """Wait until the writes delayed by the outage are done."""
        key = [self.product.product_key]
        until = monotonic() + RECOVERED_WITHIN
        while await apart(holdings.online, key) != held:
            assert monotonic() < until, (await apart(holdings.online, key), held)
            await asyncio.sleep(0.2)

    async def _try(self, until: float) -> None:
        """Again and again while it lasts. Nobody is admitted, and nobody waits for ever."""
        while monotonic() < until:
            credential = await self.register()
            assert credential is None or monotonic() > until
            await asyncio.sleep(0.3)

    async def _recover(self) -> None:
        until = monotonic() + RECOVERED_WITHIN
        while await self.register() is None:
            assert monotonic() < until
            await asyncio.sleep(0.2)


def _message(connection: Connection) -> bytes:
    return mqtt.publish(f"/{'/'.join(connection.credential.name)}/user/update", b"{}", 1, 1)


OUTAGES = {
    "sqlite": ("locked", "full"),
    "postgres": ("killed", "paused", "full"),
}


def outage_of(
    kind: str, request: pytest.FixtureRequest, listeners: list[Program]
) -> AbstractContextManager[None]:
    if kind == "locked":
        return harm.locked(str(connection.settings_dict["NAME"]))
    if kind == "full" and connection.vendor == "sqlite":
        return harm.no_room_for(listeners)
    if kind == "full":
        return harm.no_room_in_the_log()
    server = request.getfixturevalue("postgres_server")
    return {"killed": harm.killed, "paused": harm.paused}[kind](server)


@pytest.mark.parametrize("kind", OUTAGES.get(settings.TEST_DATABASE, ()))
def test_registration_is_refused_and_live_sessions_stay(
    kind: str, request: pytest.FixtureRequest, begin: StartListener, pki_directory: Path
) -> None:
    listeners = [begin("one"), begin("two")]
    doors = doors_of(pki_directory / CA_CERTIFICATE, *listeners)
    story = Story(make_product(), Fleet(History(), partial(next, cycle(doors))))
    outage = outage_of(kind, request, listeners)
    connection.close()  # this thread's would be broken afterwards
    asyncio.run(story.tell(outage))
    # Refused with "come again" and with nothing else, as long as it lasted and in time.
    assert set(story.fleet.refusals) == {mqtt.CONNACK_UNAVAILABLE}
    assert story.slowest < CONNECT_WITHIN + 5
    left = LogEntry.objects.filter(operation="offline", reason="device_disconnect")
    eventually(left.exists, 30)
    assert violations(story.fleet.history, holdings.read([story.product.product_key])) == []
