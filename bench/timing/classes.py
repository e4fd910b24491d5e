"""Requests of an attacker without secrets: one kind for everything they must not learn.

Every class has many targets. A difference is then one between classes, and not between two names
in different places of an index. All names of a kind have the same length.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from devices.credentials import new_client_id, new_device_token, token_digest
from devices.models import ClientBinding, Device
from operators.actor import SHELL
from products.models import Product, new_product_key
from products.operations.manage import create_product
from protocol import mqtt
from protocol.client_id import RegistrationMode
from protocol.signing import SignMethod

METHOD = SignMethod.HMACSHA256
# Products of a class, and devices of a product.
PRODUCTS, DEVICES = 8, 25
Target = tuple[str, str]  # ProductKey and DeviceName
TokenTarget = tuple[str, str, str]  # and ClientID


class Probe(Protocol):
    """The bytes of a CONNECT that proves nothing, to a random target of its class."""

    def __call__(self, chance: random.Random) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """Classes that nobody without a secret may tell apart."""

    name: str
    classes: Mapping[str, Probe]


def kinds(now: datetime, *, products: int = PRODUCTS, devices: int = DEVICES) -> list[Kind]:
    """Prepares the products and devices in an empty database."""
    world = _World(now, products, products * devices)
    return [
        Kind("register", _of_targets(_registration(RegistrationMode.REGISTER), world.registering)),
        Kind("regnwl", _of_targets(_registration(RegistrationMode.REGNWL), world.registering)),
        Kind("signature", _of_targets(_signed, world.connecting)),
        Kind("token", {name: _token(targets) for name, targets in world.tokens.items()}),
    ]


class _World:
    def __init__(self, now: datetime, products: int, devices: int) -> None:
        self._now = now
        self._all = range(devices)
        opened = [self._product(opened=True) for _ in range(products)]
        closed = [self._product(opened=False) for _ in range(products)]
        plain = {"activated_at": now, "claimed_at": now, "registered_at": now}
        activated = self._devices(opened, "used", **plain)
        disabled = self._devices(opened, "stop", **plain, enabled=False)
        self._devices(closed, "used")
        unknown_products = [(new_product_key(), _name("used", n)) for n in self._all]
        unknown_devices = [(opened[n % products].product_key, _name("none", n)) for n in self._all]
        closed_ones = [(closed[n % products].product_key, _name("used", n)) for n in self._all]
        self.registering = {
            "unknown product": unknown_products,
            "unknown device": unknown_devices,
            "closed switch": closed_ones,
            "activated device": _targets(activated),
        }
        self.connecting = {
            "unknown product": unknown_products,
            "unknown device": unknown_devices,
            "wrong password": _targets(activated),
            "disabled device": _targets(disabled),
        }
        known = self._bind(activated, voided_at=None)
        void = self._bind(disabled, voided_at=now)
        self.tokens: dict[str, list[TokenTarget]] = {
            "unknown device": [(*name, new_client_id()) for name in unknown_devices],
            "unknown ClientID": [(*name, new_client_id()) for name in _targets(activated)],
            "wrong token": known,
            "void ClientID": void,
        }

    def _product(self, *, opened: bool) -> Product:
        product = create_product(SHELL, f"timing-{new_product_key()}")
        Product.objects.filter(pk=product.pk).update(dynamic_registration=opened)
        return product

    def _devices(self, products: Sequence[Product], prefix: str, **columns: object) -> list[Device]:
        return Device.objects.bulk_create(
            Device(product=products[n % len(products)], device_name=_name(prefix, n), **columns)
            for n in self._all
        )

    def _bind(self, devices: Sequence[Device], *, voided_at: datetime | None) -> list[TokenTarget]:
        bindings = ClientBinding.objects.bulk_create(
            ClientBinding(
                device=device,
                client_id=new_client_id(),
                token_digest=token_digest(new_device_token()),
                slot=0,
                issued_at=self._now,
                first_connected_at=self._now,
                voided_at=voided_at,
            )
            for device in devices
        )
        names = _targets(devices)
        return [(*name, b.client_id) for name, b in zip(names, bindings, strict=True)]


def _name(prefix: str, number: int) -> str:
    return f"{prefix}-{number:06}"


def _targets(devices: Sequence[Device]) -> list[Target]:
    return [(device.product.product_key, device.device_name) for device in devices]


def _of_targets(
    connect: Callable[[Target, str], bytes], targets: Mapping[str, Sequence[Target]]
) -> Mapping[str, Probe]:
    def probe(of: Sequence[Target]) -> Probe:
        return lambda chance: connect(chance.choice(of), chance.randbytes(32).hex())

    return {name: probe(some) for name, some in targets.items()}


def _registration(mode: RegistrationMode) -> Callable[[Target, str], bytes]:
    def connect(target: Target, signature: str) -> bytes:
        product_key, name = target
        return mqtt.connect(
            f"{name}.{product_key}|random=1873220885,authType={mode.value},securemode=2,"
            f"signmethod={METHOD.value}|",
            f"{name}&{product_key}",
            signature,
            keepalive=1200,
        )

    return connect


def _signed(target: Target, signature: str) -> bytes:
    product_key, name = target
    return mqtt.connect(
        f"{product_key}.{name}|timestamp=2524608000000,_v=sdk-c-4.2.0,securemode=2,"
        f"signmethod={METHOD.value}|",
        f"{name}&{product_key}",
        signature,
        keepalive=1200,
    )


def _token(targets: Sequence[TokenTarget]) -> Probe:
    def probe(chance: random.Random) -> bytes:
        product_key, name, client_id = chance.choice(targets)
        return mqtt.connect(
            f"{client_id}|authType=connwl,securemode=-2,_ss=1,ext=3,_v=sdk-c-4.2.0|",
            f"{name}&{product_key}",
            chance.randbytes(16).hex(),
            keepalive=1200,
        )

    return probe
