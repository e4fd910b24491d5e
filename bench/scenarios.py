"""What is measured: prepared devices, the bytes they send, and the figures that come back."""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bench.load import Conversation, Crowd, Target, run
from bench.process import Server
from devices.credentials import new_client_id, new_device_token, token_digest
from devices.models import ClientBinding, Device
from devices.protocol import mqtt, signing
from devices.protocol.client_id import RegistrationMode
from devices.protocol.signing import SignMethod
from products.models import Product

SIGN = SignMethod.HMACSHA256
_PUSHED = (mqtt.ConnAck, mqtt.Publish)
_ACCEPTED = (mqtt.ConnAck,)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Latencies in ms, CPU of the server in µs per conversation."""

    per_second: float
    median_ms: float
    p99_ms: float
    cpu_us: float

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def measure(
    server: Server, target: Target, conversations: Sequence[Conversation], at_once: int
) -> Figures:
    """Hold all conversations and read the server's CPU before and after."""
    before = server.cpu_seconds()
    timing = run(target, conversations, at_once)
    cpu = server.cpu_seconds() - before
    return Figures(
        per_second=timing.per_second,
        median_ms=timing.percentile(0.5) * 1000,
        p99_ms=timing.percentile(0.99) * 1000,
        cpu_us=cpu / len(conversations) * 1_000_000,
    )


def idle_bytes(server: Server, target: Target, conversations: Sequence[Conversation]) -> float:
    """Resident bytes that one idle connection adds to the server."""
    before = server.resident_bytes()
    with Crowd(target, conversations):
        return (server.resident_bytes() - before) / len(conversations)


def floor(count: int) -> list[Conversation]:
    """A CONNECT's worth of bytes, answered with a constant."""
    hello = mqtt.connect("floor|" + "x" * 90 + "|", "floor&floor", "0" * 64)
    return [Conversation(hello, _ACCEPTED)] * count


def registrations(product: Product, mode: RegistrationMode, count: int) -> list[Conversation]:
    """One request for each of `count` devices; for `register` they are added first."""
    if mode is RegistrationMode.REGISTER:
        names = [device.device_name for device in _devices(product, count)]
    else:
        names = [f"bench-{next(_numbers):08}" for _ in range(count)]
    return [_registration(product, mode, name) for name in names]


def _registration(product: Product, mode: RegistrationMode, name: str) -> Conversation:
    content = signing.registration_content(name, product.product_key, "1873220885")
    request = mqtt.connect(
        f"{name}.{product.product_key}|random=1873220885,authType={mode.value},"
        f"securemode=2,signmethod={SIGN.value}|",
        f"{name}&{product.product_key}",
        signing.sign(SIGN, product.product_secret, content),
        keepalive=1200,
    )
    return Conversation(request, _PUSHED)


def signed_connections(product: Product, count: int) -> list[Conversation]:
    """Connections with the DeviceSecret, each of a device of its own."""
    devices = _devices(product, count)
    return [_signed_connection(product.product_key, device) for device in devices]


def _devices(product: Product, count: int, *, preregistered: bool = True) -> list[Device]:
    devices = [
        Device(
            product=product,
            device_name=f"bench-{next(_numbers):08}",
            preregistered=preregistered,
        )
        for _ in range(count)
    ]
    return Device.objects.bulk_create(devices)


def _signed_connection(product_key: str, device: Device) -> Conversation:
    name = device.device_name
    base = f"{product_key}.{name}"
    content = signing.connection_content(base, name, product_key, "2524608000000")
    request = mqtt.connect(
        f"{base}|timestamp=2524608000000,_v=sdk-c-4.2.0,securemode=2,signmethod={SIGN.value}|",
        f"{name}&{product_key}",
        signing.sign(SIGN, device.device_secret, content),
        keepalive=1200,
    )
    return Conversation(request, _ACCEPTED)


def token_connections(product: Product, count: int, now: datetime) -> list[Conversation]:
    """Connections with a DeviceToken, each of a device of its own."""
    devices = _devices(product, count, preregistered=False)
    tokens = [(device, new_client_id(), new_device_token()) for device in devices]
    ClientBinding.objects.bulk_create(
        ClientBinding(
            device=device,
            client_id=client_id,
            token_digest=token_digest(token),
            slot=0,
            issued_at=now,
        )
        for device, client_id, token in tokens
    )
    return [
        Conversation(
            mqtt.connect(
                f"{client_id}|authType=connwl,securemode=-2,_ss=1,ext=3,_v=sdk-c-4.2.0|",
                f"{device.device_name}&{product.product_key}",
                token,
                keepalive=1200,
            ),
            _ACCEPTED,
        )
        for device, client_id, token in tokens
    ]
