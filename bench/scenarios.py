"""Requests of devices: prepared devices, and the bytes that each of them sends."""

import itertools
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from django.utils import timezone

from bench.conversation import Conversation
from devices.credentials import new_client_id, new_device_token, token_digest
from devices.models import ClientBinding, Device
from operators.actor import SHELL
from products.models import Product
from products.operations.manage import create_product
from protocol import mqtt, signing
from protocol.client_id import RegistrationMode
from protocol.push import REGISTER_TOPIC, REGNWL_TOPIC
from protocol.signing import SignMethod

Prepare = Callable[[int], list[Conversation]]

SIGN = SignMethod.HMACSHA256
_TOPICS = {
    RegistrationMode.REGISTER: REGISTER_TOPIC.encode(),
    RegistrationMode.REGNWL: REGNWL_TOPIC.encode(),
}
# Longer than any measurement, so that nobody needs to ping.
_KEEPALIVE = 1200
_numbers = itertools.count(1)


def new_product(**fields: object) -> Product:
    """With Dynamic Registration on, and `fields` as given."""
    product = create_product(SHELL, f"Benchmark_{secrets.token_hex(4)}")
    Product.objects.filter(pk=product.pk).update(dynamic_registration=True, **fields)
    return Product.objects.get(pk=product.pk)


def kinds(product: Product) -> Mapping[str, Prepare]:
    """The four ways to ask, by name; each conversation is of a device of its own."""
    return {
        "register": partial(registrations, product, RegistrationMode.REGISTER),
        "regnwl": partial(registrations, product, RegistrationMode.REGNWL),
        "signature": partial(signed_connections, product),
        "token": lambda count: token_connections(product, count, timezone.now()),
    }


def floor(count: int) -> list[Conversation]:
    """A CONNECT's worth of bytes, answered with a constant."""
    hello = mqtt.connect("floor|" + "x" * 90 + "|", "floor&floor", "0" * 64)
    return [Conversation(hello)] * count


def registrations(product: Product, mode: RegistrationMode, count: int) -> list[Conversation]:
    """One request for each of `count` devices; for `register` they are added first."""
    if mode is RegistrationMode.REGISTER:
        names = [device.device_name for device in _devices(product, count)]
    else:
        names = [_name() for _ in range(count)]
    return [_registration(product, mode, name) for name in names]


def _registration(product: Product, mode: RegistrationMode, name: str) -> Conversation:
    content = signing.registration_content(name, product.product_key, "1873220885")
    request = mqtt.connect(
        f"{name}.{product.product_key}|random=1873220885,authType={mode.value},"
        f"securemode=2,signmethod={SIGN.value}|",
        f"{name}&{product.product_key}",
        signing.sign(SIGN, product.product_secret, content),
        keepalive=_KEEPALIVE,
    )
    return Conversation(request, _TOPICS[mode], name)


def signed_connections(product: Product, count: int) -> list[Conversation]:
    """Connections with the DeviceSecret, each of a device of its own."""
    devices = _devices(product, count)
    return [_signed_connection(product.product_key, device) for device in devices]


def _devices(product: Product, count: int, *, preregistered: bool = True) -> list[Device]:
    devices = [
        Device(product=product, device_name=_name(), preregistered=preregistered)
        for _ in range(count)
    ]
    return Device.objects.bulk_create(devices, batch_size=5000)


def _name() -> str:
    return f"bench-{next(_numbers):08}"


def _signed_connection(product_key: str, device: Device) -> Conversation:
    name = device.device_name
    base = f"{product_key}.{name}"
    content = signing.connection_content(base, name, product_key, "2524608000000")
    request = mqtt.connect(
        f"{base}|timestamp=2524608000000,_v=sdk-c-4.2.0,securemode=2,signmethod={SIGN.value}|",
        f"{name}&{product_key}",
        signing.sign(SIGN, device.device_secret, content),
        keepalive=_KEEPALIVE,
    )
    return Conversation(request, name=name)


def token_connections(product: Product, count: int, now: datetime) -> list[Conversation]:
    """Connections with a DeviceToken, each of a device of its own."""
    devices = _devices(product, count, preregistered=False)
    tokens = [(device, new_client_id(), new_device_token()) for device in devices]
    bindings = [
        ClientBinding(
            device=device,
            client_id=client_id,
            token_digest=token_digest(token),
            slot=0,
            issued_at=now,
        )
        for device, client_id, token in tokens
    ]
    ClientBinding.objects.bulk_create(bindings, batch_size=5000)
    return [
        Conversation(
            mqtt.connect(
                f"{client_id}|authType=connwl,securemode=-2,_ss=1,ext=3,_v=sdk-c-4.2.0|",
                f"{device.device_name}&{product.product_key}",
                token,
                keepalive=_KEEPALIVE,
            ),
            name=device.device_name,
        )
        for device, client_id, token in tokens
    ]
