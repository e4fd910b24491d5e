"""The checker, tested by breaking the server on purpose: each fault is found, by its name.

The story is the same for all, and the sound server passes it.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import cycle
from pathlib import Path
from time import monotonic

import pytest

from devices.operations import manage
from operators.actor import SHELL
from products.models import Product
from protocol.client_id import RegistrationMode
from registration.pki import CA_CERTIFICATE
from tests.factories import make_device, make_product
from tests.faults import holdings
from tests.faults.broken_listener import FAULTS
from tests.faults.checker import violations
from tests.faults.conftest import StartListener
from tests.faults.devices import Fleet, doors_of
from tests.faults.history import Act, Credential, Deed, History, Holdings, Name, Outcome
from tests.faults.world import LISTENER, Program
from tests.threads import apart

# The checker knows nothing of the database behind, so one of them is enough.
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]
BrokenRules = Callable[..., set[str]]
BROKEN = ("-m", "tests.faults.broken_listener", "--fault")
LAMP, SIM, CLONES = "lamp-0001", "sim-00001", "sim-00002"

# What each fault must be found as.
FOUND_AS = {
    "answer-before-commit": "credential refused",
    "lose-log-entries": "not logged",
    "log-twice": "logged twice",
    "issue-a-sixth": "more than five",
    "issue-another-secret": "secret changed",
    "admit-revoked": "revoked admitted",
    "keep-revoked-sessions": "revoked session kept",
    "forget-ends-of-sessions": "online",
}


class Story:
    """Devices register and connect, one is cleared; everything is written down."""

    def __init__(self, product: Product, program: Program, ca_file: Path) -> None:
        self.product = product
        self.program = program
        self.history = History()
        doors = cycle(doors_of(ca_file, program))
        self.fleet = Fleet(self.history, partial(next, doors))

    async def tell(self) -> Holdings:
        for _ in range(2):
            await self.fleet.register(self.product, LAMP, RegistrationMode.REGISTER)
        sim = await self.fleet.register(self.product, SIM, RegistrationMode.REGNWL)
        for _ in range(6):
            await self.fleet.register(self.product, CLONES, RegistrationMode.REGNWL)
        if any(one.outcome is Outcome.UNKNOWN for one in self.history.registrations):
            await asyncio.to_thread(self._start_again)
        if sim:
            await self._cleared_while_online(sim)
        for registration in list(self.history.registrations):
            if registration.credential:
                await self._try(registration.credential)
        return replace(await apart(holdings.read, self._keys), online=await self._online())

    @property
    def _keys(self) -> list[str]:
        return [self.product.product_key]

    def _start_again(self) -> None:
        self.program.kill()
        self.program.start()

    async def _cleared_while_online(self, credential: Credential) -> None:
        wire, connection = await self.fleet.connect(self.product, credential)
        if wire and connection:
            online = asyncio.create_task(self.fleet.live(wire, connection, lambda: 0.1))
            began = monotonic()
            await apart(manage.clear, SHELL, *credential.name)
            deed = Deed(Act.CLEAR, credential.name, began, monotonic(), Outcome.OK)
            self.history.deeds.append(deed)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(online, 3)

    async def _try(self, credential: Credential) -> None:
        wire, connection = await self.fleet.connect(self.product, credential)
        if wire and connection:
            await wire.leave(politely=True)
            self.fleet.closed(connection)

    async def _online(self) -> list[Name]:
        """The devices still online a while after all have disconnected."""
        until = monotonic() + 3
        while True:
            online = await apart(holdings.online, self._keys)
            if not online or monotonic() > until:
                return list(online)
            await asyncio.sleep(0.1)


@pytest.fixture
def broken_rules(begin: StartListener, pki_directory: Path) -> BrokenRules:
    """The rules that a listener started so breaks."""

    def told(*command: str) -> set[str]:
        product = make_product()
        make_device(product, LAMP)
        story = Story(product, begin("listener", *command), pki_directory / CA_CERTIFICATE)
        found = asyncio.run(story.tell())
        return {one.rule for one in violations(story.history, found, grace=1)}

    return told


def test_a_sound_server_breaks_no_rule(broken_rules: BrokenRules) -> None:
    assert broken_rules(*LISTENER) == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_server_is_found_out(broken_rules: BrokenRules, fault: str) -> None:
    assert FOUND_AS[fault] in broken_rules(*BROKEN, fault)
