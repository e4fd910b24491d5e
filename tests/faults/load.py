"""Load while processes are killed: devices that come, go and clone, and an operator."""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from devices.models import Device
from operators.actor import SHELL
from operators.confirmation import Confirmed
from products.models import Product
from products.operations.manage import create_product
from products.registration_window import Window
from protocol.client_id import RegistrationMode
from registration.operations.dynamic_registration import purpose_of, set_dynamic_registration
from tests.faults.devices import Fleet
from tests.faults.history import Act, Credential, History, Name, Outcome
from tests.faults.operators import Operator, RefusedError, UnansweredError

DEVICES_AT_ONCE = 24
PREREGISTERED = 300
BUDGET = 60
# Of these a device takes one that was used before: names have clones, tokens connect again.
_RECENT = 40


@dataclass(frozen=True, slots=True)
class Stage:
    """Two products: one open to all, with devices that were added before, and one with a budget."""

    open: Product
    budgeted: Product

    @classmethod
    def build(cls) -> "Stage":
        stage = cls(_product("Faults", Window()), _product("Faults_limited", Window(budget=BUDGET)))
        Device.objects.bulk_create(
            Device(product=stage.open, device_name=f"lamp-{n:05}") for n in range(PREREGISTERED)
        )
        return stage

    @property
    def keys(self) -> list[str]:
        return [self.open.product_key, self.budgeted.product_key]

    def product_of(self, name: Name) -> Product:
        return self.open if name[0] == self.open.product_key else self.budgeted


def _product(name: str, window: Window) -> Product:
    product = create_product(SHELL, f"{name}_{uuid4().hex[:8]}")
    confirmed = Confirmed.by_shell(purpose_of(product, enabled=True, window=window))
    return set_dynamic_registration(product, enabled=True, confirmed=confirmed, window=window)


@dataclass(slots=True)
class Load:
    """`run` until `stop`. Everything happens by `chance`, and is written into `history`."""

    stage: Stage
    fleet: Fleet
    operator: Operator
    history: History
    chance: random.Random
    stopping: bool = False
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _names: list[str] = field(default_factory=list)

    async def run(self) -> None:
        tasks = [self._again(self._device) for _ in range(DEVICES_AT_ONCE)]
        await asyncio.gather(*tasks, self._again(self._operator), self._again(self._operator))

    def stop(self) -> None:
        self.stopping = True

    @property
    def received(self) -> Sequence[Credential]:
        return [r.credential for r in self.history.registrations if r.credential]

    async def _again(self, act: Callable[[], Awaitable[None]]) -> None:
        while not self.stopping:
            await act()
            await asyncio.sleep(self.chance.uniform(0, 0.1))

    async def _device(self) -> None:
        what = self.chance.random()
        recent = self.received[-_RECENT:]
        if what < 0.3 and recent:
            await self._visit(self.chance.choice(recent))
            return
        product, name, mode = self._request(what)
        credential = await self.fleet.register(product, name, mode)
        if credential and self.chance.random() < 0.6:
            await self._visit(credential)

    def _request(self, what: float) -> tuple[Product, str, RegistrationMode]:
        if what < 0.5:
            name = f"lamp-{self.chance.randrange(PREREGISTERED):05}"
            return self.stage.open, name, RegistrationMode.REGISTER
        if what < 0.6:
            return self.stage.budgeted, f"few-{next(self._numbers):05}", RegistrationMode.REGNWL
        if not self._names or self.chance.random() < 0.4:
            self._names.append(f"sim-{next(self._numbers):05}")
        return self.stage.open, self.chance.choice(self._names[-10:]), RegistrationMode.REGNWL

    async def _visit(self, credential: Credential) -> None:
        product = self.stage.product_of(credential.name)
        wire, connection = await self.fleet.connect(product, credential)
        if wire and connection:
            stays = iter([self.chance.uniform(0, 1) for _ in range(self.chance.randrange(5))])
            await self.fleet.live(wire, connection, lambda: 0 if self.stopping else next(stays, 0))

    async def _operator(self) -> None:
        """One act now and then, on a device that has something to lose."""
        await asyncio.sleep(self.chance.uniform(0.1, 0.5))
        recent = self.received[-_RECENT:]
        if recent:
            credential = self.chance.choice(recent)
            act = self.chance.choice(_ACTS[bool(credential.client_id)])
            await asyncio.to_thread(self._act, act, credential)

    def _act(self, act: Act, credential: Credential) -> None:
        kept = credential.client_id if act is Act.SWITCH else ""
        deed = self.operator.act(self.history, act, credential.name, kept)
        if act is Act.DISABLE:
            self._enable(credential.name)
        if act is Act.DELETE and deed.outcome is not Outcome.REFUSED and not credential.client_id:
            with contextlib.suppress(RefusedError, UnansweredError):
                self.operator.add(credential.name)

    def _enable(self, name: Name) -> None:
        """For a while: the console may be away, and the device deleted meanwhile."""
        for _ in range(30):
            done = self.operator.act(self.history, Act.ENABLE, name).outcome is Outcome.OK
            if done or self.stopping:
                return
            time.sleep(0.2)


_ACTS = {
    True: (Act.CLEAR, Act.SWITCH, Act.DISABLE, Act.DELETE),
    False: (Act.RESET, Act.RESET, Act.CLEAR, Act.DISABLE, Act.DELETE),
}
